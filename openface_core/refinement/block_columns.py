"""Blocks brought to mean 0 and length 1, some columns of their matrix at a time.

Every loop over a block's pixels carries sums of many blocks along. Numba keeps these in memory and
asks before each loop whether arrays overlap, which takes longer than the sums. So the loops are
written in LLVM's own language, and the sums stay in registers.
"""

from collections.abc import Callable
from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from openface_core.matrix_product.tiles import FLOAT, INDEX, LANES, VECTOR, Addresses

_INDEX_BYTES = 8


class _Loops:
    """Writes loops over pixels that carry vectors along."""

    def __init__(self, builder: ir.IRBuilder) -> None:
        self.builder = builder
        self.memory = Addresses(builder)

    def number(self, value: float) -> ir.Constant:
        """Return a vector of one number everywhere."""
        return ir.Constant(VECTOR, [value] * LANES)

    def index(self, value: int) -> ir.Constant:
        return ir.Constant(INDEX, value)

    def index_at(self, base: Any, place: Any) -> Any:
        """Load one of an array of indices."""
        address = self.builder.add(base, self.builder.mul(place, self.index(_INDEX_BYTES)))
        return self.builder.load(self.builder.inttoptr(address, INDEX.as_pointer()))

    def run(
        self, begin: Any, end: Any, carried: list[Any], step: Callable[[Any, list[Any]], list[Any]]
    ) -> list[Any]:
        """Write a loop, at least once round if not empty; return what is carried at its end."""
        builder = self.builder
        before = builder.block
        head, body = builder.append_basic_block("head"), builder.append_basic_block("body")
        after = builder.append_basic_block("after")
        builder.branch(head)
        builder.position_at_end(head)
        k = builder.phi(INDEX)
        k.add_incoming(begin, before)
        values = [builder.phi(VECTOR) for _ in carried]
        for value, start in zip(values, carried, strict=True):
            value.add_incoming(start, before)
        builder.cbranch(builder.icmp_signed("<", k, end), body, after)
        builder.position_at_end(body)
        new = step(k, values)
        k.add_incoming(builder.add(k, self.index(1)), builder.block)
        for value, found in zip(values, new, strict=True):
            value.add_incoming(found, builder.block)
        builder.branch(head)
        builder.position_at_end(after)
        return values


def _emit(builder: ir.IRBuilder, vectors: int, arguments: Any) -> None:
    """Write the steps for some vectors of columns."""
    strips, by_rows, by_columns, pixels, fused_from, out, stride = arguments
    loops = _Loops(builder)
    memory = loops.memory
    module = builder.module
    root = cgutils.get_or_insert_function(
        module, ir.FunctionType(VECTOR, [VECTOR]), f"llvm.sqrt.v{LANES}f32"
    )
    fma = cgutils.get_or_insert_function(
        module, ir.FunctionType(VECTOR, [VECTOR] * 3), f"llvm.fma.v{LANES}f32"
    )
    places = [loops.index(v * LANES) for v in range(vectors)]

    def seen(offsets: Any, k: Any) -> list[Any]:
        at = loops.index_at(offsets, k)
        return [memory.load_vector(strips, builder.add(at, place)) for place in places]

    def add_up(k: Any, sums: list[Any]) -> list[Any]:
        return [builder.fadd(s, v) for s, v in zip(sums, seen(by_rows, k), strict=True)]

    totals = loops.run(loops.index(0), pixels, [loops.number(0.0)] * vectors, add_up)
    one_count = builder.sitofp(pixels, FLOAT)
    count = memory.everywhere(one_count)
    means = [builder.fdiv(total, count) for total in totals]

    def centred(k: Any) -> list[Any]:
        values = [builder.fsub(v, mean) for v, mean in zip(seen(by_columns, k), means, strict=True)]
        row = builder.mul(k, stride)
        for value, place in zip(values, places, strict=True):
            memory.store_vector(value, out, builder.add(row, place))
        return values

    def square(k: Any, sums: list[Any]) -> list[Any]:
        return [builder.fadd(s, builder.fmul(v, v)) for s, v in zip(sums, centred(k), strict=True)]

    def square_fused(k: Any, sums: list[Any]) -> list[Any]:
        return [builder.call(fma, [v, v, s]) for s, v in zip(sums, centred(k), strict=True)]

    squares = loops.run(loops.index(0), fused_from, [loops.number(0.0)] * vectors, square)
    squares = loops.run(fused_from, pixels, squares, square_fused)
    one = loops.number(1.0)
    factors = []
    for total in squares:
        length = builder.call(root, [total])
        has_contrast = builder.fcmp_ordered(">", length, loops.number(0.0))
        factors.append(builder.select(has_contrast, builder.fdiv(one, length), one))

    def scale(k: Any, _: list[Any]) -> list[Any]:
        row = builder.mul(k, stride)
        for factor, place in zip(factors, places, strict=True):
            at = builder.add(row, place)
            memory.store_vector(builder.fmul(memory.load_vector(out, at), factor), out, at)
        return []

    loops.run(loops.index(0), pixels, [], scale)


def block_columns(vectors: int) -> Callable[..., None]:
    """Return a compiled step that writes some columns of a matrix of blocks.

    Parameters
    ----------
    vectors : int
        Columns, in vectors of :data:`~openface_core.matrix_product.tiles.LANES`.

    Returns
    -------
    callable
        For numba code only. Its arguments: address of the strips, at the first of the columns;
        addresses of the offsets of a block's pixels in them, row by row and column by column of the
        picture (int64, in numbers); the number of pixels; how many of the squares are rounded
        before they are added; address of the first pixel of the first column, and the length of a
        row of the matrix. Nothing is checked.
    """

    @intrinsic  # type: ignore[untyped-decorator]
    def step(
        _context: Any,
        strips: Any,
        by_rows: Any,
        by_columns: Any,
        pixels: Any,
        fused_from: Any,
        out: Any,
        stride: Any,
    ) -> Any:
        signature = types.void(strips, by_rows, by_columns, pixels, fused_from, out, stride)

        def generate(context: Any, builder: ir.IRBuilder, _signature: Any, arguments: Any) -> Any:
            _emit(builder, vectors, arguments)
            return context.get_dummy_value()

        return signature, generate

    found: Callable[..., None] = step
    return found
