"""Model files are found in the layouts that people have, and missing ones are named."""

import hashlib
import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from models import locate_models
from models.locate import (
    ACTION_UNIT_LISTS_FOLDER,
    EMBEDDED_FOLDER,
    PACKAGE_FOLDER,
    SPECS_FOLDER,
    find_landmark_spec,
)
from openface_core.analysis.model_set import ModelSelection
from openface_core.errors import ConfigError, ModelFileError
from openface_core.landmarks import load_landmark_spec
from openface_core.model_files import read_action_unit_list
from tests.fixtures.synthetic_models.tiny_networks import tiny_selection

DEFAULT = ModelSelection()
SPECS = sorted(SPECS_FOLDER.glob("*.toml"))


def predictors(models_folder: Path) -> Path:
    return models_folder / "openface" / "AU_predictors"


@pytest.mark.parametrize("layout", ["AU_predictors", "bin/AU_predictors", "openface", "."])
def test_layouts(layout: str, models_folder: Path, tmp_path: Path) -> None:
    shutil.copytree(predictors(models_folder), tmp_path / "root" / layout, dirs_exist_ok=True)
    found = locate_models(tmp_path / "root", DEFAULT, with_networks=False)
    assert found.shape == (tmp_path / "root" / layout / DEFAULT.shape).resolve()
    assert found.detector is found.landmark_network is found.landmark_spec is None
    assert found.all_files()


def test_the_openface_folder_itself(models_folder: Path) -> None:
    outer = locate_models(models_folder, DEFAULT, with_networks=False)
    inner = locate_models(models_folder / "openface", DEFAULT, with_networks=False)
    assert outer.all_files() == inner.all_files()


@pytest.mark.parametrize("place", ["", "models", "openface"])
def test_networks_beside_the_models(
    place: str, network_models_folder: Path, tmp_path: Path
) -> None:
    root = tmp_path / "root"
    shutil.copytree(network_models_folder / "openface", root / "openface")
    (root / place).mkdir(exist_ok=True)
    for name in ("tiny68.onnx", DEFAULT.detector):
        shutil.copy(network_models_folder / name, root / place / name)
    spec = network_models_folder / "tiny.toml"
    found = locate_models(root, tiny_selection(network_models_folder))
    assert found.landmark_network == (root / place / "tiny68.onnx").resolve()
    assert found.detector == (root / place / DEFAULT.detector).resolve()
    assert found.landmark_spec == spec.resolve()


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("In-the-wild_aligned_PDM_68.txt", "point distribution model"),
        ("tris_68_full.txt", "triangulation"),
        ("AU_all_best.txt", "list of AU predictors"),
        ("AU_all_static.txt", "list of AU predictors"),
    ],
)
def test_a_missing_file(name: str, what: str, models_folder: Path, tmp_path: Path) -> None:
    shutil.copytree(models_folder, tmp_path / "root")
    (predictors(tmp_path / "root") / name).unlink()
    with pytest.raises(ModelFileError, match=f"the {what} was not found") as caught:
        locate_models(tmp_path / "root", DEFAULT, with_networks=False)
    assert caught.value.subject.endswith(name)
    assert "`openface-beam models fetch openface22 --accept-license`" in caught.value.remedy
    assert "--models" in caught.value.remedy


def test_a_list_of_this_program_names_files_of_openface(
    models_folder: Path, tmp_path: Path
) -> None:
    shutil.copytree(models_folder, tmp_path / "root")
    selection = replace(DEFAULT, video_action_units="all_dynamic")
    listed = read_action_unit_list(ACTION_UNIT_LISTS_FOLDER / "all_dynamic.txt", Path())
    assert len(listed) == 35
    for name, _ in listed:
        place = predictors(tmp_path / "root") / name
        place.parent.mkdir(exist_ok=True)
        place.write_bytes(b"a predictor")
    found = locate_models(tmp_path / "root", selection, with_networks=False)
    assert found.video_predictors == predictors(tmp_path / "root").resolve()
    assert found.video_action_units == ACTION_UNIT_LISTS_FOLDER / "all_dynamic.txt"
    names = set(found.sha256())
    assert "all_dynamic.txt" in names
    assert sum(name.endswith("_dynamic.dat") for name in names) == 18


@pytest.mark.parametrize(("name", "what"), [("tiny68.onnx", "landmark network"),
                                            (DEFAULT.detector, "face detector")])  # fmt: skip
def test_a_missing_network(
    name: str, what: str, network_models_folder: Path, tmp_path: Path
) -> None:
    shutil.copytree(network_models_folder, tmp_path / "root")
    (tmp_path / "root" / name).unlink()
    selection = tiny_selection(tmp_path / "root")
    with pytest.raises(ModelFileError, match=f"the {what} was not found"):
        locate_models(tmp_path / "root", selection)
    assert locate_models(tmp_path / "root", selection, with_networks=False)


def test_a_missing_predictor_is_named_when_files_are_hashed(
    models_folder: Path, tmp_path: Path
) -> None:
    shutil.copytree(models_folder, tmp_path / "root")
    path = predictors(tmp_path / "root") / "svr_combined" / "AU_1_dynamic.dat"
    path.unlink()
    with pytest.raises(ModelFileError) as caught:
        locate_models(tmp_path / "root", DEFAULT, with_networks=False).sha256()
    assert caught.value.subject == str(path)


def test_no_folder(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match="does not exist"):
        locate_models(tmp_path / "none", DEFAULT)


def test_a_file_in_place_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "net.onnx").touch()
    with pytest.raises(ModelFileError, match="the models folder is a file"):
        locate_models(tmp_path / "net.onnx", DEFAULT)


def test_hashes(network_models_folder: Path) -> None:
    selection = tiny_selection(network_models_folder)
    found = locate_models(network_models_folder, selection)
    hashes = found.sha256()
    for name, digest in hashes.items():
        content = (network_models_folder / name).read_bytes()
        assert digest == hashlib.sha256(content).hexdigest()
    # PDM, triangulation, two lists, two networks, one spec, and the predictors of both lists.
    names = set(hashes)
    assert "tiny68.onnx" in names
    assert "openface/AU_predictors/svm_combined/AU_28_dynamic.dat" in names
    predictor_names = {name for name in names if name.endswith(".dat")}
    paths = network_models_folder.rglob("*.dat")
    on_disk = {path.relative_to(network_models_folder).as_posix() for path in paths}
    assert predictor_names == on_disk
    assert len(names) == len(on_disk) + 7
    assert found.sha256() == hashes
    assert list(found.all_files()) == sorted(found.all_files())


def test_a_spec_of_the_package_goes_by_its_bare_name(
    network_models_folder: Path, tmp_path: Path
) -> None:
    shutil.copytree(network_models_folder, tmp_path / "root")
    (tmp_path / "root" / "tiny68.onnx").rename(tmp_path / "root" / "ghostone98.onnx")
    selection = ModelSelection(refinement="none", validator="none")
    assert "ghostone98.toml" in locate_models(tmp_path / "root", selection).sha256()


def test_the_network_of_the_package_serves_every_folder(
    network_models_folder: Path, tmp_path: Path
) -> None:
    root = tmp_path / "root"
    shutil.copytree(network_models_folder, root)
    selection = ModelSelection(landmarks="embedded68", refinement="none", validator="none")
    found = locate_models(root, selection)
    assert found.landmark_network == EMBEDDED_FOLDER / "landmarks.onnx"
    assert found.on_this_machine(PACKAGE_FOLDER) == found
    assert "landmarks.onnx" in found.sha256()
    shutil.copy(root / "tiny68.onnx", root / "landmarks.onnx")  # one that was trained anew
    assert locate_models(root, selection).landmark_network == (root / "landmarks.onnx").resolve()


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_every_spec_of_the_package_is_valid(path: Path) -> None:
    assert find_landmark_spec(path.stem) == path
    spec = load_landmark_spec(path)
    assert spec.name == path.stem
    # The networks that come with the program lie in a folder of their own, under plain names.
    plain = {"embedded68": "landmarks.onnx", "embedded68_openface": "landmarks_openface.onnx"}
    assert spec.model == plain.get(path.stem, f"{path.stem}.onnx")


@pytest.mark.parametrize("name", ["ghost", "none.toml", "../landmark_specs/ghostone98", ""])
def test_an_unknown_spec(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match="no such landmark specification") as caught:
        find_landmark_spec(name, "witness")
    assert caught.value.subject == f"models.witness = {name!r}"
    assert "ghostone98" in caught.value.remedy


def test_a_spec_of_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text("")
    assert find_landmark_spec(os.path.relpath(path)) == path.resolve()


@pytest.mark.parametrize("parts", [("nose",), ("inner", "inner"), ("left_eye",)])
def test_parts_that_there_are_not(parts: tuple[str, ...]) -> None:
    with pytest.raises(ConfigError, match="left_eye_28") as caught:
        ModelSelection(parts=parts)
    assert caught.value.subject == "models.parts"


@pytest.mark.parametrize("parts", [(), ("inner",), ("right_eye_28", "left_eye_28")])
def test_some_parts_or_none(parts: tuple[str, ...]) -> None:
    assert ModelSelection(parts=parts).parts == parts


def test_a_second_witness_is_found_where_it_is(network_models_folder: Path, tmp_path: Path) -> None:
    root = tmp_path / "root"
    shutil.copytree(network_models_folder, root)
    selection = ModelSelection(refinement="tris_68_full.txt", validator="none", parts=())
    assert selection.second_witness == "cunjian_mobilefacenet68"
    shutil.copy(root / "tiny68.onnx", root / "ghostone98.onnx")
    without = locate_models(root, selection)
    assert without.second_witness_network is without.second_witness_spec is None
    network = root / "cunjian_mobilefacenet68.onnx"
    shutil.copy(root / "tiny68.onnx", network)
    found = locate_models(root, selection)
    assert found.second_witness_network == network.resolve()
    assert found.second_witness_spec == SPECS_FOLDER / "cunjian_mobilefacenet68.toml"
    assert {found.second_witness_network, found.second_witness_spec} <= set(found.named_files())
    for other in (
        replace(selection, second_witness="none"),
        replace(selection, witness="none"),
        replace(selection, refinement="none"),
    ):
        assert locate_models(root, other).second_witness_network is None


def test_a_second_witness_that_is_no_specification(network_models_folder: Path) -> None:
    shutil.copy(network_models_folder / "tiny68.onnx", network_models_folder / "ghostone98.onnx")
    selection = ModelSelection(
        refinement="tris_68_full.txt", validator="none", second_witness="nobody"
    )
    with pytest.raises(ConfigError, match="nobody"):
        locate_models(network_models_folder, selection)
