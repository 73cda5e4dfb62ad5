"""Every error, warning and note of the program, with what can be done about it."""

import ast
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

import openface_core.errors
from openface_core.analysis.calibration import NOBODY_AT_REST
from openface_core.errors import OpenFaceBeamError
from openface_core.media.remedies import remedy_of
from tests.unit.docs.program_text import GAP, Place, Program, called_name, program
from transforms.problems import Problem

_ERRORS: dict[str, type[OpenFaceBeamError]] = {
    name: kind
    for name, kind in vars(openface_core.errors).items()
    if isinstance(kind, type) and issubclass(kind, OpenFaceBeamError)
}
_CAUSE, _REMEDY = 1, 2
ANY = "any"
"""The stage of an error whose class the caller names."""


class Message(NamedTuple):
    """One message.

    Parameters
    ----------
    stage : str
        The stage that it names in ``errors.parquet``.
    cause : str
        Why, with … for what differs.
    remedy : str
        What to do.
    module : str
        Where it comes from.
    """

    stage: str
    cause: str
    remedy: str
    module: str


def _stage_of(call: ast.Call, kind: ast.ClassDef | None) -> str | None:
    """Return the stage of an error that a call makes; None for any other call."""
    name = called_name(call)
    if name in _ERRORS and isinstance(call.func, ast.Name):
        return _ERRORS[name].stage
    if name == "cls" and kind is not None and kind.name in _ERRORS:
        return _ERRORS[kind.name].stage
    if name != "error" or len(call.args) <= _REMEDY:
        return None
    of_caller = isinstance(call.func, ast.Name) or (
        isinstance(call.func, ast.Attribute)
        and isinstance(call.func.value, ast.Name)
        and call.func.value.id == "self"
    )
    return ANY if of_caller else None


def _value(call: ast.Call, place: int, name: str) -> ast.expr | None:
    if place < len(call.args):
        return call.args[place]
    return next((word.value for word in call.keywords if word.arg == name), None)


def _tidy(text: str) -> str:
    return " ".join(text.split())


def _errors(source: Program) -> Iterator[Message]:
    for module in source.modules:
        for node, place, kind in module.walk():
            if not isinstance(node, ast.Call):
                continue
            stage = _stage_of(node, kind)
            cause, remedy = _value(node, _CAUSE, "cause"), _value(node, _REMEDY, "remedy")
            if stage is None or cause is None or isinstance(node.args[0], ast.Starred):
                continue
            if isinstance(cause, ast.Attribute):  # an error that is passed on, or a library's words
                continue
            for why in source.templates(cause, place):
                for what in source.templates(remedy, place):
                    yield Message(stage, _tidy(why), _tidy(what), module.path.as_posix())


@cache
def errors() -> tuple[Message, ...]:
    """Return all errors, each once."""
    found = {(m.stage, m.cause, m.remedy): m for m in _errors(program())}
    # Where both are those of other errors, these are here themselves.
    said = (m for m in found.values() if says_something(m.cause) or says_something(m.remedy))
    return tuple(sorted(said))


def _sentences(source: Program, function: ast.AST, place: Place) -> Iterator[str]:
    """Yield the texts of several words that a function makes, its docstring aside."""
    inside = {id(v) for n in ast.walk(function) if isinstance(n, ast.JoinedStr) for v in n.values}
    documented = [n.value for n in ast.walk(function) if isinstance(n, ast.Expr)]
    for node in ast.walk(function):
        is_text = isinstance(node, ast.JoinedStr | ast.Constant) and id(node) not in inside
        if not is_text or node in documented or not isinstance(node, ast.expr):
            continue
        for text in source.templates(node, place):
            if sum(word.isalpha() for word in text.split()) > 2:
                yield _tidy(text)


@cache
def warnings() -> tuple[Message, ...]:
    """Return what decoding may have to work around, with the remedy that it gets."""
    source = program()
    found: dict[str, Message] = {}
    for module in source.modules:
        if (
            not module.path.is_relative_to("openface_core/media")
            and module.path.as_posix() != "openface_core/analysis/landmark_warnings.py"
        ):
            continue
        for node, place, _ in module.walk():
            if isinstance(node, ast.FunctionDef) and (
                "warnings" in node.name or node.name == "_broken_promises"
            ):
                for text in _sentences(source, node, place):
                    found[text] = Message("decoding", text, remedy_of(text), module.path.as_posix())
    return tuple(sorted(found.values()))


@cache
def face_notes() -> tuple[Message, ...]:
    """Return what is to be known of the faces of an input, with the remedy that it gets."""
    source = program()
    (problem,) = Problem.face_notes("", "", [NOBODY_AT_REST])
    path = "openface_core/analysis/calibration.py"
    found = [Message("faces", problem.reason, problem.remedy, path)]
    for module in source.modules:
        if module.path.as_posix() != "openface_core/analysis/people.py":
            continue
        for node, place, _ in module.walk():
            names = [t.id for t in getattr(node, "targets", ()) if isinstance(t, ast.Name)]
            if isinstance(node, ast.Assign) and names == ["notes"]:
                for text in _sentences(source, node, place):
                    (problem,) = Problem.face_notes("", "", [text])
                    found.append(Message("faces", text, problem.remedy, module.path.as_posix()))
    return tuple(found)


def says_something(text: str) -> bool:
    """Return whether a template has words of its own."""
    return bool(text.replace(GAP, "").strip(" .,:;()'"))
