"""Patch experts and lists of landmark models: round trips, and one plain error for each damage."""

import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models import models_folder
from openface_core.errors import ModelFileError
from openface_core.model_files import (
    read_ccnf_experts,
    read_face_landmark_model,
    read_landmark_model,
    read_pdm,
    read_svr_experts,
)
from openface_core.refinement import CcnfExperts, SvrExperts, ViewGrid
from tests.fixtures.faces.shape import synthetic_pdm
from tests.fixtures.plain_errors import assert_plain_error
from tests.fixtures.synthetic_models.openface_folder import write_pdm
from tests.fixtures.synthetic_models.patch_experts import (
    ccnf_bytes,
    svr_text,
    synthetic_landmark_model,
    synthetic_svr_experts,
    write_face_landmark_model,
)

SMALL_SUPPORT_PX = 3


DAMAGE = [
    b"\xff" * 4,
    b"\xff\xff\xff\x7f",
    b"\0\0\0\x80",
    b"\0" * 4,
    b"\xff" * 8,
    struct.pack("<d", float("nan")),
    struct.pack("<d", 1e300),
]


def small_grid() -> ViewGrid:
    return ViewGrid(
        0.5,
        SMALL_SUPPORT_PX,
        np.array([[0.0, 0.0, 0.0], [0.0, 0.5, 0.0]], dtype=np.float32),
        np.array([[True, True], [True, False]]),
        np.array([[0.5, 0.25], [0.75, 0.0]], dtype=np.float32),
    )


def small_ccnf() -> CcnfExperts:
    """Two views of two landmarks, one of them hidden; small enough to damage every byte."""
    rng = np.random.default_rng(0)
    components = rng.normal(size=(1, 9, 9)).astype(np.float32).astype(np.float64)
    return CcnfExperts(
        grid=small_grid(),
        first_neuron=np.array([[0, 1], [3, 0]]),
        neuron_count=np.array([[1, 2], [1, 0]]),
        weights=rng.normal(size=(4, SMALL_SUPPORT_PX**2)).astype(np.float32),
        biases=rng.normal(size=4).astype(np.float32),
        alphas=np.full(4, 0.5),
        betas=np.array([[[0.5], [0.25]], [[0.125], [0.0]]]),
        smoothing_components={3: components, 5: np.zeros((1, 25, 25))},
    )


def small_svr() -> SvrExperts:
    rng = np.random.default_rng(1)
    return SvrExperts(
        grid=small_grid(),
        first_part=np.array([[0, 2], [3, 4]]),
        part_count=np.array([[2, 1], [1, 1]]),
        uses_gradient=np.array([False, True, False, False, False]),
        weights=rng.normal(size=(5, SMALL_SUPPORT_PX**2)).astype(np.float32),
        scalings=rng.normal(size=5).astype(np.float32),
        biases=rng.normal(size=5).astype(np.float32),
    )


def assert_same(found: object, expected: object, names: tuple[str, ...]) -> None:
    for name in names:
        np.testing.assert_allclose(getattr(found, name), getattr(expected, name), rtol=1e-6)


GRID_FIELDS = ("scale_px_per_mm", "support_px", "centres_radians", "visible", "confidence")


@pytest.fixture
def ccnf_file(tmp_path: Path) -> Path:
    path = tmp_path / "ccnf_patches.txt"
    path.write_bytes(ccnf_bytes(small_ccnf()))
    return path


@pytest.fixture
def svr_file(tmp_path: Path) -> Path:
    path = tmp_path / "svr_patches.txt"
    path.write_text(svr_text(small_svr()))
    return path


def test_ccnf_experts_survive_the_round_trip(ccnf_file: Path) -> None:
    found, expected = read_ccnf_experts(ccnf_file), small_ccnf()
    assert_same(found.grid, expected.grid, GRID_FIELDS)
    assert_same(found, expected, ("neuron_count", "weights", "biases", "alphas", "betas"))
    shown = expected.grid.visible
    np.testing.assert_array_equal(found.first_neuron[shown], expected.first_neuron[shown])
    assert found.smoothing_components.keys() == expected.smoothing_components.keys()
    for window, components in expected.smoothing_components.items():
        np.testing.assert_array_equal(found.smoothing_components[window], components)


def test_svr_experts_survive_the_round_trip(svr_file: Path) -> None:
    found, expected = read_svr_experts(svr_file), small_svr()
    assert_same(found.grid, expected.grid, GRID_FIELDS)
    names = ("first_part", "part_count", "uses_gradient", "weights", "scalings", "biases")
    assert_same(found, expected, names)


def test_every_truncation_of_a_ccnf_file_is_an_error(ccnf_file: Path) -> None:
    content = ccnf_file.read_bytes()
    for size in [*range(0, 400), *range(400, len(content), 37)]:
        ccnf_file.write_bytes(content[:size])
        with pytest.raises(ModelFileError) as caught:
            read_ccnf_experts(ccnf_file)
        assert_plain_error(caught.value, ccnf_file)
    ccnf_file.write_bytes(content + b"\0")
    with pytest.raises(ModelFileError, match="follow the end"):
        read_ccnf_experts(ccnf_file)


def test_every_truncation_of_an_svr_file_is_an_error(svr_file: Path) -> None:
    words = svr_file.read_text().split(" ")
    for size in range(1, len(words) - 1, 3):
        svr_file.write_text(" ".join(words[:size]))
        with pytest.raises(ModelFileError) as caught:
            read_svr_experts(svr_file)
        assert_plain_error(caught.value, svr_file)
    svr_file.write_text(" ".join(words) + " 7")
    with pytest.raises(ModelFileError, match="follow the end"):
        read_svr_experts(svr_file)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_no_damage_of_a_ccnf_file_is_anything_but_an_error(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """Four bytes anywhere, as a huge or a negative number or NaN: an error, or other numbers."""
    content = bytearray(ccnf_bytes(small_ccnf()))
    offset = data.draw(st.integers(0, len(content) - 8))
    field = data.draw(st.sampled_from(DAMAGE))
    content[offset : offset + len(field)] = field
    path = tmp_path_factory.getbasetemp() / "damaged_ccnf.txt"
    path.write_bytes(bytes(content))
    try:
        experts = read_ccnf_experts(path)
    except ModelFileError as error:
        assert_plain_error(error, path)
    else:
        assert np.isfinite(experts.weights).all()


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_no_damage_of_an_svr_file_is_anything_but_an_error(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    words = svr_text(small_svr()).split(" ")
    index = data.draw(st.integers(0, len(words) - 1))
    words[index] = data.draw(
        st.sampled_from(["x", "", "1e999", "nan", "-1", "999999999", "0.5", "\n\n", "1e9"])
    )
    path = tmp_path_factory.getbasetemp() / "damaged_svr.txt"
    path.write_text(" ".join(words))
    try:
        experts = read_svr_experts(path)
    except ModelFileError as error:
        assert_plain_error(error, path)
    else:
        assert np.isfinite(experts.weights).all()


@pytest.fixture
def model_folder(tmp_path: Path) -> Path:
    (tmp_path / "pdms").mkdir()
    write_pdm(synthetic_pdm(), tmp_path / "pdms" / "pdm_68.txt")
    write_face_landmark_model(tmp_path)
    return tmp_path


def test_lists_lead_to_the_models(model_folder: Path) -> None:
    face = read_face_landmark_model(model_folder / "main_clnf.txt").face
    expected = synthetic_landmark_model()
    assert face.pdm.landmark_count == 68
    assert [e.grid.scale_px_per_mm for e in face.experts] == [0.35, 0.5]
    for found, experts in zip(face.experts, expected.experts, strict=True):
        assert isinstance(found, CcnfExperts)
        assert isinstance(experts, CcnfExperts)
        np.testing.assert_allclose(found.weights, experts.weights, rtol=1e-6)


def test_parts_are_read_where_asked_for(model_folder: Path) -> None:
    (model_folder / "eye").mkdir()
    (model_folder / "eye" / "patch_experts").mkdir()
    for name in ("pdms/pdm_68.txt", "clnf.txt", "patch_experts/ccnf_0.5.txt"):
        target = model_folder / "eye" / name
        target.parent.mkdir(exist_ok=True)
        target.write_bytes((model_folder / name).read_bytes())
    lines = "PDM pdms/pdm_68.txt\nPatchesCCNF patch_experts/ccnf_0.5.txt\n"
    (model_folder / "eye" / "clnf.txt").write_text(lines)
    (model_folder / "eye" / "main.txt").write_text("LandmarkDetector clnf.txt\n")
    main = model_folder / "main_clnf.txt"
    main.write_text(
        "LandmarkDetector clnf.txt\nLandmarkDetector_part eye/main.txt left_eye_28 36 8 37 10\n"
    )
    (part,) = read_face_landmark_model(main).parts
    assert (part.name, part.face_indices.tolist(), part.part_indices.tolist()) == (
        "left_eye_28",
        [36, 37],
        [8, 10],
    )
    assert read_face_landmark_model(main, part_names=()).parts == ()
    with pytest.raises(ModelFileError, match="inner"):
        read_face_landmark_model(main, part_names=("inner",))


def test_detectors_are_called_as_openface_calls_them(model_folder: Path) -> None:
    assert read_face_landmark_model(model_folder / "main_clnf.txt").detector_name == "CLNF"
    embedded = models_folder("embedded") / "refinement.txt"
    assert read_face_landmark_model(embedded).detector_name == "own patch experts"


def test_svr_lists_are_read_and_ccnf_goes_first(model_folder: Path) -> None:
    (model_folder / "svr.txt").write_text(svr_text(synthetic_svr_experts(0.5)))
    pdm = "PDM pdms/pdm_68.txt\nTriangulations tris.txt\n"
    path = model_folder / "clm.txt"
    path.write_text(f"{pdm}PatchesIntensity svr.txt\n")
    assert isinstance(read_landmark_model(path).experts[0], SvrExperts)
    path.write_text(f"{pdm}PatchesIntensity svr.txt\nPatchesCCNF patch_experts/ccnf_0.5.txt\n")
    assert isinstance(read_landmark_model(path).experts[0], CcnfExperts)


PDM = "PDM pdms/pdm_68.txt\n"
EXPERTS = "PatchesCCNF patch_experts/ccnf_0.5.txt\n"


@pytest.mark.parametrize("factors", [[1.0], [2.5], np.linspace(0.5, 3.0, 34).tolist()])
def test_experts_may_deform_a_shape_by_more_or_less(
    model_folder: Path, factors: list[float]
) -> None:
    path = model_folder / "clnf.txt"
    words = " ".join(map(str, factors))
    path.write_text(f"{PDM}ShapeVariances {words}\n{EXPERTS}")
    plain, found = read_pdm(model_folder / "pdms/pdm_68.txt"), read_landmark_model(path).pdm
    np.testing.assert_allclose(found.eigenvalues, plain.eigenvalues * factors, rtol=1e-6)
    np.testing.assert_array_equal(found.components_mm, plain.components_mm)


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        ("\n", "a PDM and patch experts"),
        (PDM, "a PDM and patch experts"),
        ("PatchesCCNF patch_experts/ccnf_0.5.txt\n", "a PDM and patch experts"),
        (f"{PDM}PatchesCCNF\n", "file name"),
        (f"{PDM}PatchesCCNF a b\n", "file name"),
        (f"{PDM}PatchesCCNF ../secret\n", "outside"),
        (f"{PDM}PatchesCCNF /etc/passwd\n", "outside"),
        (f"{PDM}PatchesCCNF c:\\..\\x\n", "outside"),
        (f"{PDM}Nonsense x\n", "unknown"),
        (PDM * 100, "more than a list"),
        (f"{PDM}PatchesCCNF missing.txt\n", "not found"),
        (f"{PDM}{EXPERTS}ShapeVariances\n", "ShapeVariances should be 0.01 to 100"),
        (f"{PDM}{EXPERTS}ShapeVariances x\n", "ShapeVariances should be 0.01 to 100"),
        (f"{PDM}{EXPERTS}ShapeVariances nan\n", "ShapeVariances should be 0.01 to 100"),
        (f"{PDM}{EXPERTS}ShapeVariances 1 2\n", "1 or 34 ShapeVariances are expected, found 2"),
        (f"{PDM}{EXPERTS}ShapeVariances {'1 ' * 900}\n", "1 or 34 ShapeVariances are expected"),
    ],
)
def test_damaged_lists_of_a_model_are_errors(model_folder: Path, content: str, cause: str) -> None:
    path = model_folder / "clnf.txt"
    path.write_text(content)
    with pytest.raises(ModelFileError, match=cause):
        read_landmark_model(path)


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        ("\n", "no model of the whole face"),
        ("LandmarkDetector clnf.txt\nLandmarkDetector_part x\n", "file and a name"),
        ("LandmarkDetector clnf.txt\nOther x\n", "unknown"),
        ("LandmarkDetector clnf.txt\nLandmarkDetector_part main2.txt eye 1\n", "pairs"),
        ("LandmarkDetector clnf.txt\nLandmarkDetector_part main2.txt eye 1 -2\n", "whole numbers"),
        ("LandmarkDetector clnf.txt\nLandmarkDetector_part main2.txt eye 1 68\n", "no such"),
        ("LandmarkDetector clnf.txt\nLandmarkDetector_part main2.txt eye 68 1\n", "lacks"),
        ("LandmarkDetector clnf.txt\nLandmarkDetector_part empty.txt eye 1 1\n", "no model"),
    ],
)
def test_damaged_lists_of_a_face_are_errors(model_folder: Path, content: str, cause: str) -> None:
    (model_folder / "main2.txt").write_text("LandmarkDetector clnf.txt\n")
    (model_folder / "empty.txt").write_text("\n")
    path = model_folder / "main_clnf.txt"
    path.write_text(content)
    with pytest.raises(ModelFileError, match=cause):
        read_face_landmark_model(path)


def test_experts_of_another_model_are_an_error(model_folder: Path) -> None:
    (model_folder / "patch_experts" / "ccnf_0.5.txt").write_bytes(ccnf_bytes(small_ccnf()))
    with pytest.raises(ModelFileError, match="do not fit"):
        read_face_landmark_model(model_folder / "main_clnf.txt")
