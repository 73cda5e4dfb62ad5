"""What one column of a Cholesky factor owes to those before it.

Numba would keep the sums in memory and ask before each of some hundred short loops whether arrays
overlap, which takes longer than the sums. So the loop is written in LLVM's own language, and the
sums stay in registers.
"""

from collections.abc import Callable
from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.extending import intrinsic

from openface_core.matrix_product.tiles import INDEX, Addresses

ROWS = 8
"""Rows of the factor in a vector."""

_DOUBLE_BYTES = 8
_DOUBLE = ir.DoubleType()
_SUMS = ir.VectorType(_DOUBLE, ROWS)


def _emit(builder: ir.IRBuilder, vectors: int, arguments: Any) -> Any:
    """Write the loop over the columns before this one, and return what is left of the diagonal."""
    factor, stride, count, column, first, sums, diagonal = arguments
    memory = Addresses(builder, ROWS)

    def place(v: int) -> Any:
        at = builder.add(first, ir.Constant(INDEX, v * ROWS))
        address = builder.add(sums, builder.mul(at, ir.Constant(INDEX, _DOUBLE_BYTES)))
        return builder.inttoptr(address, _SUMS.as_pointer())

    start = []
    for v in range(vectors):
        loaded = builder.load(place(v))
        loaded.align = _DOUBLE_BYTES
        start.append(loaded)
    before = builder.block
    head, body = builder.append_basic_block("columns"), builder.append_basic_block("column")
    after = builder.append_basic_block("done")
    builder.branch(head)
    builder.position_at_end(head)
    k = builder.phi(INDEX)
    k.add_incoming(ir.Constant(INDEX, 0), before)
    rest = builder.phi(_DOUBLE)
    rest.add_incoming(diagonal, before)
    totals = [builder.phi(_SUMS) for _ in start]
    for total, value in zip(totals, start, strict=True):
        total.add_incoming(value, before)
    builder.cbranch(builder.icmp_signed("<", k, count), body, after)
    builder.position_at_end(body)
    row = builder.mul(k, stride)
    number = memory.load(factor, builder.add(row, column))
    exact, own = builder.fpext(number, _DOUBLE), memory.everywhere(number)
    rest.add_incoming(builder.fsub(rest, builder.fmul(exact, exact)), body)
    for v, total in enumerate(totals):
        at = builder.add(row, builder.add(first, ir.Constant(INDEX, v * ROWS)))
        product = builder.fmul(memory.load_vector(factor, at), own)
        total.add_incoming(builder.fsub(total, builder.fpext(product, _SUMS)), body)
    k.add_incoming(builder.add(k, ir.Constant(INDEX, 1)), body)
    builder.branch(head)
    builder.position_at_end(after)
    for v, total in enumerate(totals):
        stored = builder.store(total, place(v))
        stored.align = _DOUBLE_BYTES
    return rest


def column_update(vectors: int) -> Callable[..., float]:
    """Return a compiled step that takes products off the sums of a column.

    Parameters
    ----------
    vectors : int
        Sums, in vectors of :data:`ROWS`.

    Returns
    -------
    callable
        For numba code only. Its arguments: address of the factor, whose columns lie as rows
        (float32), and the length of a row; how many columns are taken, from the first; the column
        that they are taken off; the first of the sums; address of the sums (float64); the column's
        element of the diagonal (float64), of which products are taken off unrounded, and which is
        returned. Nothing is checked.
    """

    @intrinsic  # type: ignore[untyped-decorator]
    def step(
        _context: Any,
        factor: Any,
        stride: Any,
        count: Any,
        column: Any,
        first: Any,
        sums: Any,
        diagonal: Any,
    ) -> Any:
        signature = types.float64(factor, stride, count, column, first, sums, diagonal)

        def generate(_target: Any, builder: ir.IRBuilder, _signature: Any, arguments: Any) -> Any:
            return _emit(builder, vectors, arguments)

        return signature, generate

    found: Callable[..., float] = step
    return found
