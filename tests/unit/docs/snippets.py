"""Running the Python of a page."""

import ast
from typing import Any

from tests.unit.docs.markdown import Page


def python_blocks(page: Page) -> list[str]:
    """Return the blocks of Python of a page that say that they are tested."""
    return [b.text for b in page.blocks if b.language == "python" and b.marker == "tested"]


def run_snippet(code: str, names: dict[str, Any]) -> Any:
    """Run code as a notebook does, and return the value of its last line if that is one."""
    tree = ast.parse(code)
    last = tree.body[-1]
    if not isinstance(last, ast.Expr):
        exec(compile(tree, "<page>", "exec"), names)
        return None
    tree.body.pop()
    exec(compile(tree, "<page>", "exec"), names)
    return eval(compile(ast.Expression(last.value), "<page>", "eval"), names)
