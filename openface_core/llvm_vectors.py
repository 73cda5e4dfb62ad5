"""Vectors in steps that are written in LLVM's own language, as numba takes them."""

from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]

_WORD = ir.IntType(32)


def everywhere(builder: ir.IRBuilder, number: Any, kind: ir.VectorType) -> Any:
    """Return a vector that holds a number in all lanes."""
    nothing = ir.Constant(kind, ir.Undefined)
    first = builder.insert_element(nothing, number, ir.Constant(_WORD, 0))
    zeros = ir.Constant(ir.VectorType(_WORD, kind.count), [0] * kind.count)
    return builder.shuffle_vector(first, nothing, zeros)


def loaded(builder: ir.IRBuilder, address: Any, kind: ir.Type) -> Any:
    """Return what lies at an address, which may be any."""
    found = builder.load(builder.inttoptr(address, kind.as_pointer()))
    found.align = 1
    return found
