"""Further networks on a face as columns of the dataset."""

import json
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from openface_core.errors import ModelFileError
from openface_core.face_networks import FaceNetwork, load_face_network_spec
from openface_core.media import open_media
from pipelines.comparison.invariance import hashes
from tests.fixtures.places import REPOSITORY
from tests.fixtures.runs.landmark_corpus import LandmarkCorpus
from tests.fixtures.synthetic_models.networks import means_network

SPEC = REPOSITORY / "models" / "network_specs" / "openface3_multitask.toml"
OPENFACE3 = {"emotion": 8, "gaze": 2, "action_units": 8}


@pytest.fixture
def corpus(tmp_path: Path) -> LandmarkCorpus:
    corpus = LandmarkCorpus(tmp_path)
    means_network(corpus.models / "openface3_multitask.onnx", 224, OPENFACE3)
    return corpus


def config(corpus: LandmarkCorpus, specification: str) -> str:
    path = corpus.folder / "networks.toml"
    path.write_text(f"[models]\nmeasurements = [{specification!r}]\n", encoding="utf-8")
    return str(path)


def test_a_network_gives_columns(corpus: LandmarkCorpus) -> None:
    corpus.run(output=str(corpus.folder / "without"))
    corpus.run(config=config(corpus, "openface3_multitask"))
    spec = load_face_network_spec(SPEC)
    names = [name for name, _ in spec.columns]
    table = pq.read_table(corpus.table("a"), partitioning=None)
    assert table.column_names[-len(names) :] == names
    plain = pq.read_table(
        corpus.folder / "without" / "frames" / "video_id=a" / "frames.parquet", partitioning=None
    )
    assert table.select(plain.column_names).equals(plain)

    rows = table.to_pandas()
    network = FaceNetwork(spec, corpus.models / "openface3_multitask.onnx")
    with open_media(str(corpus.videos / "a.mp4")) as media:
        for frame in media:
            row = rows.iloc[frame.index]
            columns = [[row[f"{axis}_{k}"] for axis in "xy"] for k in range(68)]
            expected = network.measure(frame.image, np.array(columns, dtype=np.float32))
            np.testing.assert_array_equal(row[names].to_numpy(dtype=np.float32), expected)
    dictionary = json.loads((corpus.output / "data_dictionary.json").read_text())["frames"]
    assert "openface3_multitask" in json.dumps(dictionary["of3_AU12"])


def test_datasets_without_them_are_finished_as_before(corpus: LandmarkCorpus) -> None:
    corpus.run()
    before = hashes(corpus.output)
    assert corpus.run(config=config(corpus, "openface3_multitask")).inputs_written == 3
    assert hashes(corpus.output) != before
    corpus.run()
    assert hashes(corpus.output) == before


@pytest.mark.parametrize("name", ["AU12_r", "Au12_R", "Frame", "video_id", "bucket"])
def test_a_column_that_is_there_already_is_refused(corpus: LandmarkCorpus, name: str) -> None:
    path = corpus.folder / "own.toml"
    path.write_text(SPEC.read_text().replace("of3_AU12", name))
    with pytest.raises(ModelFileError, match=f"{name} is there already"):
        corpus.run(config=config(corpus, str(path)))


def test_a_network_without_columns_is_refused(corpus: LandmarkCorpus) -> None:
    path = corpus.folder / "own.toml"
    text = SPEC.read_text().split("[[outputs]]")[0]
    path.write_text(
        f'{text}[[outputs]]\nname = "embedding"\ntensor = "emotion"\nsize = 8\n'
        'unit = "none"\nactivation = "l2"\n'
    )
    with pytest.raises(ModelFileError, match="none of its outputs has columns"):
        corpus.run(config=config(corpus, str(path)))
