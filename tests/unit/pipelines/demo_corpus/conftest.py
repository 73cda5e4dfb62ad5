"""The face of the demo corpus, made once."""

import pytest

from pipelines.demo_corpus.face_mesh import FaceMesh, build_face_mesh
from pipelines.demo_corpus.face_rendering import FaceRenderer


@pytest.fixture(scope="session")
def mesh() -> FaceMesh:
    return build_face_mesh()


@pytest.fixture(scope="session")
def renderer() -> FaceRenderer:
    pytest.importorskip("skimage", reason="the photograph is inside scikit-image")
    return FaceRenderer()
