"""Sums in the order in which OpenBLAS takes them on processors with AVX-512.

The C++ program multiplies matrices by OpenBLAS. Where its fit of landmarks comes to lie between
two of the rounded places of a density, the last digit of such a sum decides which one counts, and
that is seen in the landmarks. Sums over many columns at once go straight through the inputs, as
:mod:`~openface_core.matrix_product.tiles` does. A product of few columns and many inputs is summed
in sixteen lanes: the k-th term goes to lane k modulo 16, and neighbouring lanes are added up, two
by two. Columns and rows are taken four at a time. Where less is left of both, lanes are added up by
halves.
"""

from typing import Any

import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic
from numpy.typing import NDArray

from openface_core.fused import fused
from openface_core.kernel import kernel
from openface_core.matrix_product.tiles import FLOAT, FLOAT_BYTES, INDEX, Addresses

Float32Array = NDArray[np.float32]

LEAST_BLAS_ROWS = 100
"""OpenCV gives products of so many rows to OpenBLAS; smaller ones it sums in double precision."""

SUM_LANES = 16
MOST_LANED = 8
"""Columns of a product that are summed in lanes, at most."""

TAKEN_AT_ONCE = 4
"""Rows and columns; what is left over of both is added up in another way."""

_LEAST_LANED = 32
"""Sums of fewer terms go straight through them in any case."""


_COLUMNS = ir.VectorType(FLOAT, MOST_LANED)


def _emit(builder: ir.IRBuilder, arguments: Any, *, by_halves: bool) -> None:
    """Write the loop over sixteen inputs at a time, whose sums stay in registers."""
    row, count, x, stride, out = arguments
    memory = Addresses(builder, MOST_LANED)
    fma = cgutils.get_or_insert_function(
        builder.module, ir.FunctionType(_COLUMNS, [_COLUMNS] * 3), f"llvm.fma.v{MOST_LANED}f32"
    )
    zero, last = ir.Constant(INDEX, 0), builder.sub(count, ir.Constant(INDEX, 1))
    before = builder.block
    loop, after = builder.append_basic_block("inputs"), builder.append_basic_block("done")
    builder.branch(loop)
    builder.position_at_end(loop)
    begin = builder.phi(INDEX)
    begin.add_incoming(zero, before)
    sums = [builder.phi(_COLUMNS) for _ in range(SUM_LANES)]
    new = []
    for lane, total in enumerate(sums):
        k = builder.add(begin, ir.Constant(INDEX, lane))
        is_there = builder.icmp_signed("<", k, count)
        k = builder.select(is_there, k, last)  # beyond the end, the last input is taken 0 times
        weight = builder.select(is_there, memory.load(row, k), ir.Constant(FLOAT, 0.0))
        seen = memory.load_vector(x, builder.mul(k, stride))
        new.append(builder.call(fma, [memory.everywhere(weight), seen, total]))
    following = builder.add(begin, ir.Constant(INDEX, SUM_LANES))
    begin.add_incoming(following, loop)
    for total, value in zip(sums, new, strict=True):
        total.add_incoming(ir.Constant(_COLUMNS, [0.0] * MOST_LANED), before)
        total.add_incoming(value, loop)
    builder.cbranch(builder.icmp_signed("<", following, count), loop, after)
    builder.position_at_end(after)
    while len(new) > 1:
        half = len(new) // 2
        first, second = (new[:half], new[half:]) if by_halves else (new[::2], new[1::2])
        new = [builder.fadd(one, other) for one, other in zip(first, second, strict=True)]
    memory.store_vector(new[0], out, zero)


@intrinsic  # type: ignore[untyped-decorator]
def _sum_in_lanes(_context: Any, row: Any, count: Any, x: Any, stride: Any, out: Any) -> Any:
    """Write eight products, given addresses; see :func:`laned_products`."""

    def generate(context: Any, builder: ir.IRBuilder, _signature: Any, arguments: Any) -> Any:
        _emit(builder, arguments, by_halves=False)
        return context.get_dummy_value()

    return types.void(row, count, x, stride, out), generate


@intrinsic  # type: ignore[untyped-decorator]
def _sum_by_halves(_context: Any, row: Any, count: Any, x: Any, stride: Any, out: Any) -> Any:
    """Write eight products as :func:`_sum_in_lanes`, the lanes added up by halves."""

    def generate(context: Any, builder: ir.IRBuilder, _signature: Any, arguments: Any) -> Any:
        _emit(builder, arguments, by_halves=True)
        return context.get_dummy_value()

    return types.void(row, count, x, stride, out), generate


@kernel
def laned_columns(columns: int) -> int:
    """Return how many of the last columns of a product OpenBLAS sums in lanes."""
    rest = columns % SUM_LANES
    return rest if rest <= MOST_LANED else 0


@kernel
def laned_products(
    row: Float32Array, x: Float32Array, first: int, by_halves: bool, out: Float32Array
) -> None:
    """Write the products of a row and some columns of a matrix, summed in lanes.

    Parameters
    ----------
    row : (k,) ndarray of float32
        The row.
    x : (k, >= first + 8) ndarray of float32
        The matrix.
    first : int
        The first of the eight columns.
    by_halves : bool
        Whether lanes are added up by halves, and not neighbour by neighbour.
    out : (>= first + 8,) ndarray of float32
        Receives the eight products at the columns' places.
    """
    count = row.shape[0]
    if count >= _LEAST_LANED:
        at = x.ctypes.data + first * FLOAT_BYTES
        to = out.ctypes.data + first * FLOAT_BYTES
        if by_halves:
            _sum_by_halves(row.ctypes.data, count, at, x.shape[1], to)
        else:
            _sum_in_lanes(row.ctypes.data, count, at, x.shape[1], to)
        return
    for j in range(first, first + MOST_LANED):
        total = np.float32(0.0)
        for k in range(count):
            total = fused(row[k], x[k, j], total)
        out[j] = total


@kernel
def laned_combination(rows: Float32Array, weights: Float32Array, out: Float32Array) -> None:
    """Write the sum of rows (m, n) times weights (m,), each of the n sums in lanes."""
    count, length = rows.shape
    if count < _LEAST_LANED:
        out[:] = 0.0
        for k in range(count):
            weight, row = weights[k], rows[k]
            for i in range(length):
                out[i] = fused(weight, row[i], out[i])
        return
    lanes = np.zeros((SUM_LANES, length), dtype=np.float32)
    for k in range(count):
        weight, row, sums = weights[k], rows[k], lanes[k % SUM_LANES]
        for i in range(length):
            sums[i] = fused(weight, row[i], sums[i])
    last = np.empty((SUM_LANES, TAKEN_AT_ONCE), dtype=np.float32)
    rest = length % TAKEN_AT_ONCE
    last[:, :rest] = lanes[:, length - rest :]
    left = SUM_LANES // 2
    while left > 0:
        for lane in range(left):
            first, second, sums = lanes[2 * lane], lanes[2 * lane + 1], lanes[lane]
            for i in range(length):
                sums[i] = first[i] + second[i]
            for i in range(rest):  # by halves
                last[lane, i] += last[lane + left, i]
        left //= 2
    out[:] = lanes[0]
    out[length - rest :] = last[0, :rest]
