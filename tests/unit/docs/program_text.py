"""What the program says, read from its source: templates of text, with … for what is filled in."""

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path

from tests.fixtures.places import REPOSITORY
from tests.unit.docs.known import FOLDERS

GAP = "…"
_DEPTH = 4
_MOST = 120
"""So many alternatives of one text are followed at most."""

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, eq=False)
class Place:
    """Where an expression stands.

    Parameters
    ----------
    module : Module
        The module.
    function : FunctionDef or None
        The innermost function around it.
    """

    module: "Module"
    function: Function | None


@dataclass(frozen=True, eq=False)
class Module:
    """A module of the program.

    Parameters
    ----------
    path : Path
        The file, relative to the repository.
    tree : ast.Module
        Its source.
    """

    path: Path
    tree: ast.Module

    @cached_property
    def texts(self) -> Mapping[str, ast.expr]:
        """Names that are given a value in the module itself."""
        return {
            target.id: node.value
            for node in self.tree.body
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name)
        }

    def walk(self) -> Iterator[tuple[ast.AST, Place, ast.ClassDef | None]]:
        """Yield every node with its place and the innermost class around it."""
        yield from self._walk(self.tree, None, None)

    def _walk(
        self, node: ast.AST, function: Function | None, kind: ast.ClassDef | None
    ) -> Iterator[tuple[ast.AST, Place, ast.ClassDef | None]]:
        for child in ast.iter_child_nodes(node):
            inner, around = function, kind
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
                inner = child
            if isinstance(child, ast.ClassDef):
                inner, around = None, child
            yield child, Place(self, inner), around
            yield from self._walk(child, inner, around)


@dataclass(frozen=True, eq=False)
class Program:
    """All modules of the program.

    Parameters
    ----------
    modules : tuple of Module
        The modules.
    functions : dict of str to list of (FunctionDef, Module, bool)
        Functions by their names, and whether they are methods.
    calls : dict of str to list of (Call, Place)
        Calls by the name of what is called.
    """

    modules: tuple[Module, ...]
    functions: dict[str, list[tuple[Function, Module, bool]]] = field(default_factory=dict)
    calls: dict[str, list[tuple[ast.Call, Place]]] = field(default_factory=dict)

    def templates(self, node: ast.expr | None, place: Place, depth: int = _DEPTH) -> list[str]:
        """Return what a text may be, each with … for what only a run knows."""
        found = list(dict.fromkeys(self._templates(node, place, depth)))[:_MOST]
        return found or [GAP]

    def _templates(self, node: ast.expr | None, place: Place, depth: int) -> Iterator[str]:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        elif isinstance(node, ast.JoinedStr):
            yield from self._joined(node.values, place, depth)
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            yield from self._joined([node.left, node.right], place, depth)
        elif isinstance(node, ast.IfExp):
            for side in (node.body, node.orelse):
                yield from self.templates(side, place, depth)
        elif isinstance(node, ast.BoolOp):
            for side in node.values:
                yield from self.templates(side, place, depth)
        elif depth and isinstance(node, ast.Name):
            yield from self._named(node.id, place, depth - 1)
        elif depth and isinstance(node, ast.Call):
            yield from self._called(node, place, depth - 1)
        else:
            yield GAP

    def _joined(self, parts: Iterable[ast.expr], place: Place, depth: int) -> Iterator[str]:
        texts = [""]
        for part in parts:
            inner = part.value if isinstance(part, ast.FormattedValue) else part
            # Inside a text only constants of the program, or one text or another, say something.
            known = not isinstance(part, ast.FormattedValue) or (
                isinstance(inner, ast.IfExp | ast.BoolOp)
                or (isinstance(inner, ast.Name) and self._is_text(inner.id, place))
                or (isinstance(inner, ast.Name) and _is_caught(inner.id, place))
                or (isinstance(inner, ast.Call) and self._gives_text(inner))
            )
            options = self.templates(inner, place, depth) if known else [GAP]
            texts = [a + b for a in texts for b in options][:_MOST]
        yield from texts

    def _gives_text(self, call: ast.Call) -> bool:
        """Return whether a call is of a function of the program that returns a text."""
        found = self.functions.get(called_name(call), [])
        return isinstance(call.func, ast.Name) and any(
            isinstance(function.returns, ast.Name) and function.returns.id == "str"
            for function, _, is_method in found
            if not is_method
        )

    def _is_text(self, name: str, place: Place) -> bool:
        values = self._assigned(name, place)
        return bool(values) and all(
            isinstance(v, ast.Constant | ast.JoinedStr | ast.BinOp | ast.IfExp) for v in values
        )

    def _assigned(self, name: str, place: Place) -> list[ast.expr]:
        values: list[ast.expr] = []
        if place.function is not None:
            for node in ast.walk(place.function):
                if isinstance(node, ast.Assign | ast.AugAssign):
                    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                    if any(isinstance(t, ast.Name) and t.id == name for t in targets):
                        values.append(node.value)
        if values:
            return values
        if name in place.module.texts:
            return [place.module.texts[name]]
        return [m.texts[name] for m in self.modules if name in m.texts and name.isupper()][:1]

    def _named(self, name: str, place: Place, depth: int) -> Iterator[str]:
        for value in self._assigned(name, place):
            yield from self.templates(value, place, depth)
        function = place.function
        if _is_caught(name, place):
            yield from self._refusals(ast.Name(name), place, depth)
        elif function is None or function.name == "error":  # a parser's, which many things call
            return
        elif name in (names := _parameters(function)):
            is_private = function.name.startswith("_") and not function.name.startswith("__")
            for call, at in self.calls.get(function.name, ()):
                given = _argument(call, names, name)
                if given is not None and (at.module is place.module or not is_private):
                    yield from self.templates(given, at, depth)

    def _called(self, call: ast.Call, place: Place, depth: int) -> Iterator[str]:
        name = called_name(call)
        if name == "str" and place.function is not None:
            yield from self._refusals(call.args[0], place, depth)
        elif name in self.functions and isinstance(call.func, ast.Name):
            for function, module, is_method in self.functions[name]:
                if is_method or (name.startswith("_") and module is not place.module):
                    continue
                for node in ast.walk(function):
                    if isinstance(node, ast.Return):
                        yield from self.templates(node.value, Place(module, function), depth)
        else:
            yield GAP

    def _refusals(self, node: ast.expr, place: Place, depth: int) -> Iterator[str]:
        """Yield what the ValueErrors say that a function turns into errors of the program."""
        if not isinstance(node, ast.Name) or place.function is None:
            yield GAP
            return
        for tried in ast.walk(place.function):
            if isinstance(tried, ast.Try) and any(h.name == node.id for h in tried.handlers):
                for statement in tried.body:
                    yield from self._raised_in(statement, place.module, depth)

    def _raised_in(self, node: ast.AST, module: Module, depth: int) -> Iterator[str]:
        for inner in ast.walk(node):
            if not isinstance(inner, ast.Call) or not depth:
                continue
            name = called_name(inner)
            meant = self._meant(name)
            if name[:1].isupper():
                meant = list(self._methods(name, "__init__", "__post_init__"))
            elif isinstance(inner.func, ast.Attribute) and isinstance(inner.func.value, ast.Name):
                meant = list(self._methods(inner.func.value.id, name)) or meant
            for function, home, kind in meant:
                for raised in ast.walk(function):
                    is_refusal = (
                        isinstance(raised, ast.Call) and called_name(raised) == "ValueError"
                    )
                    if is_refusal and isinstance(raised, ast.Call) and raised.args:
                        yield from self.templates(raised.args[0], Place(home, function), depth - 1)
                if home is not module or kind:
                    yield from self._raised_in(function, home, depth - 1)

    def _meant(self, name: str) -> list[tuple[Function, Module, bool]]:
        found = self.functions.get(name, [])
        return found if len(found) < 3 else []  # a name that many have says nothing

    def _methods(self, of: str, *names: str) -> Iterator[tuple[Function, Module, bool]]:
        """Yield methods of a class."""
        for module in self.modules:
            for node in module.tree.body:
                if isinstance(node, ast.ClassDef) and node.name == of:
                    for item in node.body:
                        if isinstance(item, ast.FunctionDef) and item.name in names:
                            yield item, module, True


def called_name(call: ast.Call) -> str:
    """Return the name of what is called, without what it belongs to."""
    if isinstance(call.func, ast.Attribute):
        return call.func.attr
    return call.func.id if isinstance(call.func, ast.Name) else ""


def _is_caught(name: str, place: Place) -> bool:
    """Return whether a name is that of a ValueError."""
    handlers = (
        n for n in ast.walk(place.function or ast.Pass()) if isinstance(n, ast.ExceptHandler)
    )
    return any(
        handler.name == name
        and isinstance(handler.type, ast.Name)
        and handler.type.id == "ValueError"
        for handler in handlers
    )


def _parameters(function: Function) -> list[str]:
    names = [arg.arg for arg in (*function.args.posonlyargs, *function.args.args)]
    names += [arg.arg for arg in function.args.kwonlyargs]
    return names[1:] if names[:1] in (["self"], ["cls"]) else names


def _argument(call: ast.Call, names: list[str], name: str) -> ast.expr | None:
    for keyword in call.keywords:
        if keyword.arg == name:
            return keyword.value
    place = names.index(name)
    return call.args[place] if place < len(call.args) else None


@cache
def program() -> Program:
    """Return the program's own modules."""
    files = (
        path
        for folder in FOLDERS
        for path in sorted((REPOSITORY / folder).rglob("*.py"))
        if "training" not in path.parts and "evaluation" not in path.parts
    )
    modules = tuple(
        Module(path.relative_to(REPOSITORY), ast.parse(path.read_text(encoding="utf-8")))
        for path in files
    )
    found = Program(modules)
    for module in modules:
        for node, place, kind in module.walk():
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                found.functions.setdefault(node.name, []).append((node, module, kind is not None))
            elif isinstance(node, ast.Call):
                found.calls.setdefault(called_name(node), []).append((node, place))
    return found
