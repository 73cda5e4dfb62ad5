"""Every model file has a name of its own in the record, also where folders or files are links."""

import hashlib
import shutil
from dataclasses import replace
from pathlib import Path

from models import locate_models
from models.locate import EMBEDDED_FOLDER, SPECS_FOLDER, search_model
from openface_core.analysis.model_set import ModelSelection
from pipelines.configuration.config_file import load_settings
from tests.fixtures.synthetic_models.tiny_networks import tiny_selection

DEFAULT = ModelSelection()


def hashes(root: Path) -> dict[str, str]:
    return locate_models(root, DEFAULT, with_networks=False).sha256()


def test_a_linked_folder_has_the_names_of_a_real_one(models_folder: Path, tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (root / "openface").symlink_to(models_folder / "openface")
    assert hashes(root) == hashes(models_folder)


def test_a_linked_models_folder_has_the_names_of_a_real_one(
    models_folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "root").symlink_to(models_folder)
    assert hashes(tmp_path / "root") == hashes(models_folder)


def test_files_stored_as_links_are_found_under_their_own_names(
    models_folder: Path, tmp_path: Path
) -> None:
    root, blobs = tmp_path / "root", tmp_path / "blobs"
    blobs.mkdir()
    for path in sorted(path for path in models_folder.rglob("*") if path.is_file()):
        blob = blobs / hashlib.sha256(path.read_bytes()).hexdigest()
        shutil.copyfile(path, blob)
        link = root / path.relative_to(models_folder)
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(blob)
    assert hashes(root) == hashes(models_folder)


def test_a_list_that_alone_is_a_link_has_its_files_beside_the_original(
    models_folder: Path, tmp_path: Path
) -> None:
    predictors = models_folder / "openface" / "AU_predictors"
    for name in (DEFAULT.shape, DEFAULT.triangulation, "AU_all_best.txt", "AU_all_static.txt"):
        (tmp_path / name).symlink_to(predictors / name)
    found = {Path(name).name: digest for name, digest in hashes(tmp_path).items()}
    assert found == {Path(name).name: digest for name, digest in hashes(models_folder).items()}


def test_a_linked_list_keeps_its_name(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").touch()
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "main_ceclm_general.txt").symlink_to(tmp_path / "mine.txt")
    found = search_model(tmp_path, "main_ceclm_general.txt")
    assert found == tmp_path / "model" / "main_ceclm_general.txt"


def test_a_link_to_the_embedded_models_is_the_package(tmp_path: Path) -> None:
    (tmp_path / "root").symlink_to(EMBEDDED_FOLDER)
    models = load_settings("embedded").models
    assert locate_models(tmp_path / "root", models).root == EMBEDDED_FOLDER  # as on every worker


def test_a_specification_with_the_name_of_a_packaged_one(
    network_models_folder: Path, tmp_path: Path
) -> None:
    own = tmp_path / "study" / "embedded68.toml"
    own.parent.mkdir()
    own.write_bytes((network_models_folder / "tiny.toml").read_bytes())
    selection = replace(tiny_selection(network_models_folder), landmarks=str(own))
    found = locate_models(network_models_folder, selection)
    files = replace(found, witness_spec=SPECS_FOLDER / "embedded68.toml")
    before = files.sha256()
    packaged = hashlib.sha256((SPECS_FOLDER / "embedded68.toml").read_bytes()).hexdigest()
    assert before["embedded68.toml"] == packaged
    assert before["study/embedded68.toml"] == hashlib.sha256(own.read_bytes()).hexdigest()
    assert len(before) == len(files.all_files())
    assert {"embedded68.toml", "study/embedded68.toml"} <= set(files.network_names())


def test_what_measures_faces_is_needed_by_given_landmarks_too() -> None:
    files = locate_models(EMBEDDED_FOLDER, load_settings("embedded").models)
    assert files.refinement is not None
    assert "shape.txt" in files.sha256()  # which the patch experts name as well
    assert "shape.txt" not in files.network_names()
    assert "landmarks_openface.onnx" in files.network_names()


def test_a_linked_specification_keeps_its_name(tmp_path: Path) -> None:
    (tmp_path / "blob").write_bytes((SPECS_FOLDER / "ghostone98.toml").read_bytes())
    (tmp_path / "mine.toml").symlink_to(tmp_path / "blob")
    config = tmp_path / "study.toml"
    config.write_text('[models]\nlandmarks = "mine.toml"\n')
    assert load_settings(str(config)).models.landmarks == str(tmp_path / "mine.toml")
