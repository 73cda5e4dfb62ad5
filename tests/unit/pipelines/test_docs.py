"""``openface-beam docs``, and that messages name only what it prints."""

import re
from importlib.metadata import PathDistribution
from pathlib import Path

import pytest

from pipelines import docs, documents
from tests.fixtures.places import REPOSITORY

PAGES = sorted(p.stem for p in (REPOSITORY / "docs").glob("*.md") if p.stem != "README")
FOLDERS = ("pipelines", "transforms", "openface_core", "openface_beam", "models", "configs")
NAMED = re.compile(r"`openface-beam docs ([a-z-]+)`")


def product_text() -> str:
    files = (path for folder in FOLDERS for path in (REPOSITORY / folder).rglob("*.py"))
    joined = "\n".join(path.read_text(encoding="utf-8") for path in files)
    return re.sub(r'"\n\s*f?"', "", joined)


def test_all_pages_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert docs.main([]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[: len(PAGES)]] == PAGES
    assert lines[-1].endswith(f"Folder: {REPOSITORY / 'docs'}")


@pytest.mark.parametrize("name", ["clusters", "docs/clusters.md"])
def test_a_page_is_printed(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert docs.main([name]) == 0
    assert capsys.readouterr().out == (REPOSITORY / "docs" / "clusters.md").read_text("utf-8")


def test_no_other_file_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert docs.main(["../README"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("error: ../README: no such document. There are: action-units,")


def test_a_misspelt_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert docs.main(["exportss"]) == 2
    assert "no such document. Did you mean exports? There are:" in capsys.readouterr().err


def test_no_name_is_told_as_such(capsys: pytest.CaptureFixture[str]) -> None:
    assert docs.main([""]) == 2
    assert capsys.readouterr().err.startswith("error: '': no such document. There are: ")


def test_messages_name_documents_that_are_printed() -> None:
    text = product_text()
    named = set(NAMED.findall(text))
    assert named
    assert named <= set(PAGES)
    assert re.findall(r"docs/[\w-]+\.md", text) == []


def test_pages_beside_the_packages_are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(documents, "_ROOT", tmp_path)
    folder = tmp_path / documents.INSTALLED
    folder.mkdir(parents=True)
    (folder / "faces.md").write_text("# Several faces\n")
    assert documents.page_paths() == {"faces": folder / "faces.md"}
    assert documents.title_of(folder / "faces.md") == "Several faces"


def test_pages_of_an_installation_are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = tmp_path / "lib" / "site-packages"
    information = site / "openface_beam-1.dist-info"
    information.mkdir(parents=True)
    page = f"../../{documents.INSTALLED}/faces.md"
    (information / "RECORD").write_text(f"models/__init__.py,,\n{page},,\n")
    folder = tmp_path / documents.INSTALLED
    folder.mkdir(parents=True)
    (folder / "faces.md").touch()
    monkeypatch.setattr(documents, "_ROOT", site)
    monkeypatch.setattr(documents, "files", lambda _: PathDistribution(information).files)
    (found,) = documents.page_paths().values()
    assert found.samefile(folder / "faces.md")


def test_an_installation_without_pages_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(documents, "_ROOT", tmp_path)
    monkeypatch.setattr(documents, "files", lambda _: None)
    assert docs.main([]) == 2
    assert "this installation has no documents" in capsys.readouterr().err
