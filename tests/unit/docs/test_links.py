"""Links within the repository lead somewhere."""

import pytest

from tests.fixtures.places import REPOSITORY
from tests.unit.docs.markdown import PAGES, Page, page

WEB = ("https://", "http://")


@pytest.mark.parametrize("found", PAGES, ids=str)
def test_links_lead_to_files_and_headings(found: Page) -> None:
    broken = []
    for link in found.links:
        if link.startswith(WEB):
            continue
        target, _, anchor = link.partition("#")
        path = (found.path.parent / target).resolve() if target else found.path
        if not path.exists() or (anchor and anchor not in Page(path).anchors):
            broken.append(link)
    assert broken == []


def test_the_index_lists_every_page_once() -> None:
    pages = sorted(path.name for path in (REPOSITORY / "docs").glob("*.md"))
    index = page("docs/README.md")
    listed = sorted(link for link in index.links if not link.startswith((*WEB, "../")))
    assert listed == [name for name in pages if name != "README.md"]


def test_the_readme_leads_to_the_index() -> None:
    assert "docs/README.md" in page("README.md").links
