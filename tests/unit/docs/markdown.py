"""What tests need to know of a Markdown page: blocks of code, code spans, headings, links."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tests.fixtures.places import REPOSITORY

MODEL_CARD = REPOSITORY / "models" / "embedded" / "MODEL_CARD.md"

_FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
_COMMENT = re.compile(r"<!-- (performed|tested|not run): ([^\n]+) -->\s*\Z")
_PAGE_COMMENT = re.compile(r"\A<!-- (tested|not run): ([^\n]+) -->\n")
_SPAN = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """A fenced block of code.

    Parameters
    ----------
    language : str
        As the fence names it.
    text : str
        The code, without the fences and without their indentation.
    marker, detail : str or None
        ``performed`` (by ``.ci/run``) and a name, ``tested`` and the file of the test, or
        ``not run`` and the reason: of the comment before the block or, for want of one, before the
        page.
    """

    language: str
    text: str
    marker: str | None
    detail: str | None


@dataclass(frozen=True)
class Page:
    """A Markdown file of this repository."""

    path: Path

    def __str__(self) -> str:
        return self.path.relative_to(REPOSITORY).as_posix()

    @cached_property
    def text(self) -> str:
        """The whole of it."""
        return self.path.read_text(encoding="utf-8")

    @cached_property
    def prose(self) -> str:
        """The text without blocks of code."""
        return _FENCE.sub("", self.text)

    @cached_property
    def blocks(self) -> tuple[Block, ...]:
        """All fenced blocks in order."""
        whole_page = _PAGE_COMMENT.match(self.text)
        found = []
        for fence in _FENCE.finditer(self.text):
            indent, language, code = fence.groups()
            comment = _COMMENT.search(self.text[: fence.start()]) or whole_page
            marker, detail = comment.groups() if comment else (None, None)
            lines = (line.removeprefix(indent) for line in code.splitlines(keepends=True))
            found.append(Block(language, "".join(lines), marker, detail))
        return tuple(found)

    @cached_property
    def spans(self) -> tuple[str, ...]:
        """All code spans of the prose, in order."""
        return tuple(_SPAN.findall(self.prose))

    @cached_property
    def links(self) -> tuple[str, ...]:
        """The targets of all links."""
        return tuple(_LINK.findall(self.prose))

    @cached_property
    def anchors(self) -> frozenset[str]:
        """Names of the headings, as GitHub makes them for links."""
        titles = (
            re.sub(r"[`*]|\]\([^)]*\)|\[", "", title) for title in _HEADING.findall(self.prose)
        )
        return frozenset(
            re.sub(r"[^\w\- ]", "", title.strip().lower()).replace(" ", "-") for title in titles
        )

    def tables(self) -> Iterator[list[list[str]]]:
        """Yield every table as rows of cells, its heading first."""
        lines = [*self.prose.splitlines(), ""]
        rows: list[list[str]] = []
        for line in lines:
            if line.lstrip().startswith("|"):
                cells = re.split(r"(?<!\\)\|", line.strip().strip("|"))
                rows.append([cell.strip() for cell in cells])
            elif rows:
                yield [rows[0], *rows[2:]]
                rows = []

    def table(self, heading: str) -> list[list[str]]:
        """Return the rows below the heading of the one table whose first column is named so."""
        (found,) = (rows for rows in self.tables() if rows[0][0] == heading)
        return found[1:]


def spans_of(cell: str) -> list[str]:
    """Return the code spans of a text."""
    return _SPAN.findall(cell)


def page(name: str) -> Page:
    """Return a page by its path in the repository."""
    return Page(REPOSITORY / name)


def all_pages() -> tuple[Page, ...]:
    """Return every page that users read."""
    names = ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md")
    paths = [*(REPOSITORY / name for name in names), MODEL_CARD]
    return tuple(map(Page, [*paths, *sorted((REPOSITORY / "docs").glob("*.md"))]))


PAGES = all_pages()
