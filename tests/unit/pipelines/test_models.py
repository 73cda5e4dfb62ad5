"""The commands say what they do, show the terms first, and fail with one line."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from models.registry import Registry
from models.store import ModelStore
from pipelines.models import main
from tests.fixtures.places import REPOSITORY
from tests.fixtures.synthetic_models.packs import SHAPE_PLACE, Mirror, write_files

Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def command(
    registry: Registry,
    store: ModelStore,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Command:
    monkeypatch.setenv("OPENFACE_MODELS_DIR", str(store.root))

    def run(*words: object) -> tuple[int, str, str]:
        status = main([str(word) for word in words], registry)
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return run


def lines(text: str) -> list[list[str]]:
    return [line.split() for line in text.splitlines()]


def test_list(command: Command, store: ModelStore) -> None:
    status, out, err = command("list")
    assert (status, err) == (0, "")
    rows = {words[0]: words for words in lines(out)}
    assert rows["face"][1:5] == ["3", "0.3", "no", "research"]
    assert rows["own"][2] == "?"
    assert "imported)" in rows["network"]
    assert rows["tiny"][3] == "yes"
    assert "(comes with the program)" in out
    assert rows["both"] == ["both", "=", "face", "+", "network"]
    write_files(store.root)
    assert {words[0]: words for words in lines(command("list")[1])}["face"][3] == "yes"
    (store.root / SHAPE_PLACE).unlink()
    assert "2 of 3" in command("list")[1]


def test_where(command: Command, store: ModelStore) -> None:
    assert command("where") == (0, f"{store.root}\n", "")
    assert command("where", "face") == command("where")
    assert command("where", "tiny")[1] == f"{store.root.parent / 'embedded'}\n"
    assert command("where", "nothing")[0] == 2
    assert not store.root.exists()


def test_no_download_without_the_licence(
    command: Command, store: ModelStore, server: Mirror
) -> None:
    status, out, err = command("fetch", "face", "--base-url", server.url)
    assert status == 2
    assert "For research only, and not to be passed on." in out
    assert "https://models.invalid/licence.txt" in out
    assert "cite: Roe, 2001" in out
    assert len(err.splitlines()) == 1
    assert "`openface-beam models fetch face --accept-license`" in err
    assert server.requests == []
    assert not store.root.exists()


def test_fetch(command: Command, store: ModelStore, server: Mirror) -> None:
    words = ("fetch", "both", "face", "--accept-license", "--base-url", server.url)
    status, out, err = command(*words)
    assert (status, err) == (0, "")
    assert "For research only" in out
    assert f"face: 3 files downloaded to {store.root}" in out
    assert f"network: 1 file downloaded to {store.root}" in out
    assert len(server.requests) == 4
    assert "face: is there already" in command(*words)[1]


def test_what_has_no_address_is_told_after_the_rest(command: Command, store: ModelStore) -> None:
    source = write_files(store.root.with_name("copy"))
    command("import", "face", "--from", source)
    status, out, err = command("fetch", "both", "--accept-license")
    assert status == 2
    assert "face: is there already" in out
    assert len(err.splitlines()) == 1
    assert "the original is the weights of https://points.invalid, converted" in err
    assert "`openface-beam models import network --from FOLDER`" in err


def test_a_failed_download_is_one_line(
    command: Command, server: Mirror, registry: Registry
) -> None:
    words = ("fetch", "own", "--accept-license", "--base-url", server.url)
    status, _, err = command(*words)
    assert status == 2
    assert len(err.splitlines()) == 1
    assert "models/own.onnx is not there (the server says 404" in err


def test_import_and_verify(command: Command, store: ModelStore, tmp_path: Path) -> None:
    tiny = "tiny: 1 file, as it should be\n"
    assert command("verify") == (0, f"{tiny}no pack is in {store.root}\n", "")
    source = write_files(tmp_path / "OpenFace")
    status, out, err = command("import", "both", "--from", source)
    assert (status, err) == (0, "")
    assert f"face: 3 files copied to {store.root}" in out
    assert "licence: research only" in out
    assert command("verify")[:2] == (
        0,
        f"face: 3 files, as it should be\nnetwork: 1 file, as it should be\n{tiny}",
    )
    path = store.root / SHAPE_PLACE
    path.write_bytes(path.read_bytes()[::-1])
    status, out, _ = command("verify", "face")
    assert status == 1
    assert "expected SHA-256" in out
    path.write_bytes(b"short")
    assert "bytes, found 5" in command("verify")[1]
    path.unlink()
    assert f"{SHAPE_PLACE}: missing" in command("verify")[1]
    assert command("verify", "network")[0] == 0
    (store.root / "models" / "own.onnx").write_bytes(b"mine")
    assert "own: 1 file, is there; nothing to compare it with" in command("verify", "own")[1]
    assert command("verify", "both")[0] == 1


def test_the_embedded_pack(command: Command, store: ModelStore, tmp_path: Path) -> None:
    there = "tiny: comes with the program\n"
    assert command("fetch", "tiny")[0] == 2
    assert command("fetch", "tiny", "--accept-license")[1].endswith(there)
    assert command("import", "tiny", "--from", tmp_path)[1].startswith(there)
    assert command("verify", "tiny") == (0, "tiny: 1 file, as it should be\n", "")
    (store.root.parent / "embedded" / "tiny.onnx").write_bytes(b"a great network")
    assert command("verify")[0] == command("verify", "tiny")[0] == 1
    assert not store.root.exists()


def test_errors_are_one_line(command: Command, tmp_path: Path) -> None:
    for words in (
        ("fetch", "nothing"),
        ("import", "face", "--from", tmp_path / "none"),
        ("import", "face", "--from", tmp_path),
        ("fetch", "face", "--accept-license", "--base-url", "ftp://host"),
    ):
        status, _, err = command(*words)
        assert status == 2
        assert len(err.splitlines()) == 1
        assert err.startswith("error: ")


def test_an_interruption(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("pipelines.model_packs.commands.list_packs", interrupt)
    assert command("list") == (130, "", "\ninterrupted\n")


@pytest.mark.parametrize("words", [[], ["other"], ["fetch"], ["import", "face"]])
def test_a_wrong_command_line(words: list[str], registry: Registry) -> None:
    with pytest.raises(SystemExit) as caught:
        main(words, registry)
    assert caught.value.code == 2


def test_help_waits_for_no_library() -> None:
    code = (
        "import sys\n"
        "from pipelines.models import main\n"
        "try:\n"
        "    main(['--help'])\n"
        "except SystemExit as end:\n"
        "    assert end.code == 0\n"
        "assert not {'numpy', 'numba', 'onnxruntime', 'apache_beam'} & set(sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()
    assert b"openface-beam models fetch" in done.stdout
