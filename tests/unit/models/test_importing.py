"""Packs are imported from the folders that people have."""

import os
from pathlib import Path

import pytest

from models.importing import ImportFolder, import_pack
from models.registry import Registry
from models.store import ModelStore
from openface_core.errors import InputError, ModelFileError, OutputError
from tests.fixtures.synthetic_models.packs import (
    NETWORK,
    NETWORK_PLACE,
    PREDICTOR,
    PREDICTOR_PLACE,
    SHAPE,
    SHAPE_PLACE,
    TWIN_PLACE,
    write_files,
)


def bring(registry: Registry, store: ModelStore, source: Path, name: str = "face") -> int:
    return import_pack(registry.packs[name], store, ImportFolder(source))


def write(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("shape", "predictor"),
    [
        ("openface/AU_predictors/shape.txt", "openface/AU_predictors/svr/AU_1.dat"),
        ("AU_predictors/shape.txt", "AU_predictors/svr/AU_1.dat"),
        ("build/bin/AU_predictors/shape.txt", "build/bin/AU_predictors/svr/AU_1.dat"),
        ("lib/local/FaceAnalyser/AU_predictors/shape.txt", "lib/elsewhere/AU_1.dat"),
        ("shape.txt", "AU_1.dat"),
    ],
)
def test_layouts(
    shape: str, predictor: str, registry: Registry, store: ModelStore, tmp_path: Path
) -> None:
    source = tmp_path / "OpenFace"
    write(source / shape, SHAPE)
    write(source / predictor, PREDICTOR)
    assert bring(registry, store, source) == 3
    assert (store.root / SHAPE_PLACE).read_bytes() == SHAPE
    assert (store.root / PREDICTOR_PLACE).read_bytes() == PREDICTOR
    assert (store.root / TWIN_PLACE).read_bytes() == SHAPE
    assert not (store.root / ".incoming").exists()
    assert bring(registry, store, source) == 0


def test_the_right_one_of_several_versions(
    registry: Registry, store: ModelStore, tmp_path: Path
) -> None:
    source = tmp_path / "OpenFace"
    write(source / "AU_predictors" / "shape.txt", b"an older one")
    write(source / "a" / "shape.txt", SHAPE[::-1])
    write(source / "b" / "shape.txt", SHAPE)
    write(source / "b" / "AU_1.dat", PREDICTOR)
    assert bring(registry, store, source) == 3
    assert (store.root / SHAPE_PLACE).read_bytes() == SHAPE


def test_by_the_name_where_it_comes_from(
    registry: Registry, store: ModelStore, tmp_path: Path
) -> None:
    write(tmp_path / "points" / "upstream_name.onnx", NETWORK)
    assert bring(registry, store, tmp_path / "points", "network") == 1
    assert (store.root / NETWORK_PLACE).read_bytes() == NETWORK


def test_a_file_that_every_user_makes_himself(
    registry: Registry, store: ModelStore, tmp_path: Path
) -> None:
    write(tmp_path / "mine" / "own.onnx", b"anything")
    assert bring(registry, store, tmp_path / "mine", "own") == 1
    assert (store.root / "models" / "own.onnx").read_bytes() == b"anything"


def test_an_empty_file_is_none(registry: Registry, store: ModelStore, tmp_path: Path) -> None:
    empty = write(tmp_path / "mine" / "own.onnx", b"")
    with pytest.raises(ModelFileError, match="the file is empty") as caught:
        bring(registry, store, tmp_path / "mine", "own")
    assert caught.value.subject == str(empty)
    assert not store.root.exists()
    write(tmp_path / "mine" / "below" / "own.onnx", b"anything")
    place = write(store.root / "models" / "own.onnx", b"")
    with pytest.raises(ModelFileError, match=r"the file is empty\. Remove it"):
        bring(registry, store, tmp_path / "mine", "own")
    (check,) = store.check(registry.packs["own"])
    assert (check.is_there, str(check)) == (False, "models/own.onnx: empty")
    place.unlink()
    assert bring(registry, store, tmp_path / "mine", "own") == 1


@pytest.mark.parametrize("content", [SHAPE[:-1], SHAPE + b"x", SHAPE[::-1], b""])
def test_another_version_is_refused(
    content: bytes, registry: Registry, store: ModelStore, tmp_path: Path
) -> None:
    source = write_files(tmp_path / "OpenFace")
    path = write(source / SHAPE_PLACE, content)
    write(source / TWIN_PLACE, content)
    with pytest.raises(ModelFileError, match=r"SHA-256 [0-9a-f]{64}, found [0-9a-f]{64}") as caught:
        bring(registry, store, source)
    assert caught.value.subject == str(path)
    assert "https://models.invalid" in caught.value.remedy
    assert not store.root.exists()


@pytest.mark.parametrize("name", ["face", "own"])
@pytest.mark.parametrize("above", [False, True])
def test_something_else_in_the_place_of_a_file(
    name: str, above: bool, registry: Registry, store: ModelStore, tmp_path: Path
) -> None:
    file = registry.packs[name].files[-1]
    place = store.path_of(file)
    if above:
        place = place.parent
        write(place, b"a file")
    else:
        place.mkdir(parents=True)
    with pytest.raises(ModelFileError, match=f"stands where {file.path} belongs") as caught:
        bring(registry, store, write_files(tmp_path / "OpenFace"), name)
    assert caught.value.subject == str(place)
    assert caught.value.remedy == "Remove it, then run the command again."
    assert not (store.root / ".incoming").exists()
    (check,) = (check for check in store.check(registry.packs[name]) if check.file is file)
    assert not check.is_there
    assert str(check).endswith(f" ({place})")


def test_a_missing_file(registry: Registry, store: ModelStore, tmp_path: Path) -> None:
    source = write_files(tmp_path / "OpenFace")
    (source / PREDICTOR_PLACE).unlink()
    with pytest.raises(ModelFileError, match="was not found") as caught:
        bring(registry, store, source)
    assert PREDICTOR_PLACE in caught.value.cause
    assert not store.root.exists()


def test_no_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such folder"):
        ImportFolder(tmp_path / "none")


def test_a_file_in_place_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "net.onnx").touch()
    with pytest.raises(InputError, match="this is a file"):
        ImportFolder(tmp_path / "net.onnx")


def test_too_many_files(
    registry: Registry, store: ModelStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("models.importing._MAX_FILES_SEARCHED", 2)
    write(write_files(tmp_path / "all") / "more", b"")
    with pytest.raises(InputError, match="more than 2 files"):
        bring(registry, store, tmp_path / "all", "own")


def test_a_file_that_changes_while_it_is_copied(
    registry: Registry, store: ModelStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = write_files(tmp_path / "OpenFace")
    make_incoming = ModelStore.make_incoming

    def changes(self: ModelStore) -> None:
        write(source / PREDICTOR_PLACE, PREDICTOR[::-1])
        make_incoming(self)

    monkeypatch.setattr(ModelStore, "make_incoming", changes)
    with pytest.raises(ModelFileError, match="SHA-256"):
        bring(registry, store, source)
    assert not (store.root / PREDICTOR_PLACE).exists()
    assert not (store.root / SHAPE_PLACE).exists()


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere"
)
def test_a_read_only_folder(registry: Registry, store: ModelStore, tmp_path: Path) -> None:
    source = write_files(tmp_path / "OpenFace")
    store.root.mkdir()
    store.root.chmod(0o500)
    with pytest.raises(OutputError, match="Permission denied"):
        bring(registry, store, source)


def test_what_a_killed_command_left_is_cleared_away(
    registry: Registry, store: ModelStore, tmp_path: Path
) -> None:
    store.make_incoming()
    old = store.incoming(registry.packs["own"].files[0]).with_name("tmpold")
    new = old.with_name("tmpnew")
    for path in (old, new):
        path.write_bytes(b"half")
    os.utime(old, (0, 0))
    assert bring(registry, store, write_files(tmp_path / "OpenFace")) == 3
    assert not old.exists()
    assert new.exists()  # another command may be at it


def test_linked_folders_are_searched_once(
    registry: Registry, store: ModelStore, tmp_path: Path
) -> None:
    write(tmp_path / "elsewhere" / "deep" / "shape.txt", SHAPE)
    write(tmp_path / "elsewhere" / "deep" / "AU_1.dat", PREDICTOR)
    (tmp_path / "source" / "sub").mkdir(parents=True)
    (tmp_path / "source" / "sub" / "models").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere" / "back").symlink_to(tmp_path / "source")
    (tmp_path / "elsewhere" / "self").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere" / "gone").symlink_to(tmp_path / "nowhere")
    assert bring(registry, store, tmp_path / "source") == 3


def test_a_link_that_leads_far_ends_the_search_but_not_the_command(
    registry: Registry, store: ModelStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "source" / "z" / "shape.txt", SHAPE)
    write(tmp_path / "source" / "z" / "AU_1.dat", PREDICTOR)
    for number in range(5):
        write(tmp_path / "elsewhere" / str(number), b"")
    (tmp_path / "source" / "a").symlink_to(tmp_path / "elsewhere")
    monkeypatch.setattr("models.importing._MAX_FILES_SEARCHED", 4)
    assert bring(registry, store, tmp_path / "source") == 3
