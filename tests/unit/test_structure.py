"""The shape of the house: which way imports point, and how long functions are."""

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from tests.fixtures.places import REPOSITORY

FLOORS = ("configs", "openface_core", "models", "transforms", "pipelines", "openface_beam")
"""Packages from the ground up; none imports one above it."""

MAX_LINES = 60
MAX_PARAMETERS = 8
EXCEPTIONS: Mapping[str, str] = {}
"""Functions beyond these limits, as ``module.function``, and why."""

MAX_COMMAND_LINES = 100
COMMANDS = ("run", "export", "report", "demo", "validate", "profile", "models", "pool", "docs")


@dataclass(frozen=True)
class Function:
    """A function of the product; its body is counted without the docstring."""

    name: str
    lines: int
    parameters: int


@cache
def modules() -> dict[str, ast.Module]:
    """Return the syntax trees of the product's modules by name."""
    found = {}
    for floor in FLOORS:
        for path in sorted((REPOSITORY / floor).rglob("*.py")):
            if (path.parent / "__init__.py").exists():
                found[name_of(path)] = ast.parse(path.read_text(encoding="utf-8"))
    return found


def name_of(path: Path) -> str:
    parts = path.relative_to(REPOSITORY).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports_of(tree: ast.Module) -> Iterator[str]:
    """Yield the product's modules that a module imports, wherever the import stands."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            assert node.level == 0, "imports are absolute"
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                yield whole if whole in modules() else node.module


def graph_of_modules() -> dict[str, set[str]]:
    return {
        name: {other for other in imports_of(tree) if other in modules()}
        for name, tree in modules().items()
    }


def room(name: str) -> str:
    """Return the room that a module is in: a folder of a floor, or the module that stands there."""
    return ".".join(name.split(".")[:2])


def graph_of_rooms() -> dict[str, set[str]]:
    graph: dict[str, set[str]] = {}
    for name, others in graph_of_modules().items():
        graph.setdefault(room(name), set()).update({room(other) for other in others} - {room(name)})
    return graph


def cycle_in(graph: Mapping[str, Iterable[str]]) -> list[str]:
    """Return the names along a cycle; empty if there is none."""
    done: set[str] = set()
    path: list[str] = []

    def visit(name: str) -> list[str]:
        if name in path:
            return [*path[path.index(name) :], name]
        if name in done:
            return []
        path.append(name)
        for other in sorted(graph.get(name, ())):
            if found := visit(other):
                return found
        path.pop()
        done.add(name)
        return []

    for name in sorted(graph):
        if found := visit(name):
            return found
    return []


def functions() -> Iterator[Function]:
    for name, tree in modules().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield Function(f"{name}.{node.name}", body_lines(node), parameter_count(node))


def body_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    body = node.body[1:] if ast.get_docstring(node) is not None else node.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def parameter_count(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    names = [a.arg for a in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)]
    variable = sum(a is not None for a in (node.args.vararg, node.args.kwarg))
    return len([name for name in names if name not in ("self", "cls")]) + variable


@pytest.mark.parametrize(
    ("graph", "expected"),
    [({"a": {"b"}, "b": set()}, []), ({"a": {"b"}, "b": {"c"}, "c": {"b"}}, ["b", "c", "b"])],
)
def test_cycles_are_found(graph: dict[str, set[str]], expected: list[str]) -> None:
    assert cycle_in(graph) == expected


def test_no_module_imports_itself_by_a_detour() -> None:
    assert len(modules()) > 100
    assert not cycle_in(graph_of_modules())


def test_no_room_imports_itself_by_a_detour() -> None:
    assert not cycle_in(graph_of_rooms())


def test_imports_point_down() -> None:
    upward = [
        f"{name} -> {other}"
        for name, others in graph_of_modules().items()
        for other in sorted(others)
        if FLOORS.index(other.split(".")[0]) > FLOORS.index(name.split(".")[0])
    ]
    assert upward == []


def test_the_core_knows_neither_beam_nor_the_models() -> None:
    roots = {"apache_beam", "models", "transforms", "pipelines"}
    found = [
        (name, other)
        for name, tree in modules().items()
        if name.split(".")[0] == "openface_core"
        for other in imports_of(tree)
        if other.split(".")[0] in roots
    ]
    assert found == []


def test_functions_are_short_and_take_few_parameters() -> None:
    beyond = {
        function.name: (function.lines, function.parameters)
        for function in functions()
        if function.lines > MAX_LINES or function.parameters > MAX_PARAMETERS
    }
    assert sorted(beyond) == sorted(EXCEPTIONS), beyond


@pytest.mark.parametrize("name", COMMANDS)
def test_commands_are_thin(name: str) -> None:
    text = (REPOSITORY / "pipelines" / f"{name}.py").read_text(encoding="utf-8")
    assert len(text.splitlines()) < MAX_COMMAND_LINES


def test_kernels_need_no_linear_algebra_of_scipy() -> None:
    """Numba hands these to scipy, which only the extras of an installation bring along."""
    found = []
    for name, tree in modules().items():
        for function in (n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)):
            names = {ast.unparse(decorator) for decorator in function.decorator_list}
            if not names & {"kernel", "small_kernel"}:
                continue
            called = {ast.unparse(n) for n in ast.walk(function) if isinstance(n, ast.Attribute)}
            is_product = any(isinstance(n, ast.MatMult) for n in ast.walk(function))
            if is_product or called & {"np.dot", "np.vdot"} or "np.linalg" in called:
                found.append(f"{name}.{function.name}")
    assert found == []
