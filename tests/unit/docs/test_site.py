"""The documentation as a site: built without a fault, and complete without a network."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fixtures.places import REPOSITORY

RESOURCE = re.compile(r'<(?:script|img|link)[^>]*?\b(?:src|href)="(https?:[^"]*)"')


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built strictly: a dead link, a missing anchor or a page out of reach fails."""
    pytest.importorskip("material", reason="the site is built by MkDocs Material (extra docs)")
    folder = tmp_path_factory.mktemp("site") / "site"
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    environment = os.environ | {"NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(
        command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr
    return folder


def test_every_page_is_there(site: Path) -> None:
    names = {p.stem for p in (REPOSITORY / "docs").glob("*.md")} - {"README"}
    assert {*names, "index", "about", "changelog", "model-card"} <= {
        p.stem for p in site.glob("*.html")
    }


def test_the_search_works_in_a_folder(site: Path) -> None:
    # A page that is opened from a folder may not load JSON, but it may load a script.
    index = (site / "search" / "search_index.js").read_text(encoding="utf-8")
    assert "tutorial-statistics.html" in index


def test_nothing_is_loaded_from_elsewhere(site: Path) -> None:
    loaded = {
        found
        for page in site.glob("*.html")
        for found in RESOURCE.findall(page.read_text(encoding="utf-8"))
    }
    assert loaded == set()
