"""A hook of MkDocs: pages that are not in ``docs/``, and a navigation made of its index.

The README, the changelog, the licence and the card of the embedded models are pages of the site
too. Links to any other file outside ``docs/`` become code: readers need not have a checkout.
"""

import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

REPOSITORY = Path(__file__).resolve().parent.parent.parent
OUTSIDE = {
    "README.md": "about.md",
    "CHANGELOG.md": "changelog.md",
    "CITATION.cff": "citation.md",
    "CONTRIBUTING.md": "contributing.md",
    "LICENSE": "licence.md",
    "SECURITY.md": "security.md",
    "models/embedded/MODEL_CARD.md": "model-card.md",
}
"""Files of the repository, and the pages that they are."""

LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^)\s]+)\)")
_ENTRY = re.compile(r"^- \[([^\]]+)\]\(([\w-]+\.md)\)", re.MULTILINE)
_HEADING = re.compile(r"^\*\*(.+)\*\*$", re.MULTILINE)


def relinked(text: str, folder: str) -> str:
    """Return a page with links that hold within the site.

    Parameters
    ----------
    text : str
        Markdown.
    folder : str
        Where the file stands in the repository, ``docs`` for most.
    """

    def replace(found: re.Match[str]) -> str:
        image, title, target = found.groups()
        path, hash_sign, anchor = target.partition("#")
        if not path or re.match(r"[a-z]+:", path):
            return found[0]
        place = posixpath.normpath(posixpath.join(folder, path))
        if place.startswith("docs/"):
            return f"{image}[{title}]({place.removeprefix('docs/')}{hash_sign}{anchor})"
        if place in OUTSIDE:
            return f"[{title}]({OUTSIDE[place]}{hash_sign}{anchor})"
        return title if "`" in title else f"`{place}`"

    return LINK.sub(replace, text)


def navigation(index: str) -> list[Any]:
    """Return the navigation: the sections of the index, and the pages from elsewhere."""
    found: list[Any] = [{"Start": "README.md"}]
    starts = [*_HEADING.finditer(index)]
    ends = [*(heading.start() for heading in starts[1:]), len(index)]
    for heading, end in zip(starts, ends, strict=True):
        entries = _ENTRY.findall(index, heading.end(), end)
        found.append({heading[1]: [{title: name} for title, name in entries]})
    found.append(
        {"About": [name for path, name in OUTSIDE.items() if (REPOSITORY / path).exists()]}
    )
    return found


def on_config(config: Any) -> Any:
    """Make the navigation before the pages are looked for."""
    index = (REPOSITORY / "docs" / "README.md").read_text(encoding="utf-8")
    config["nav"] = navigation(index)
    return config


def on_files(files: Files, config: Any) -> Files:
    """Add the pages from elsewhere."""
    for path, name in OUTSIDE.items():
        source = REPOSITORY / path
        if not source.exists():
            continue
        text = source.read_text(encoding="utf-8")
        if source.suffix != ".md":
            title = {"LICENSE": "Licence", "CITATION.cff": "How to cite"}[path]
            text = f"# {title}\n\n```text\n{text.strip()}\n```\n"
        content = relinked(text, posixpath.dirname(path))
        files.append(File.generated(config, name, content=content))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Make the links of a page of ``docs/`` hold within the site."""
    is_from_docs = page.file.abs_src_path is not None
    return relinked(markdown, "docs") if is_from_docs else markdown
