"""Sums in the order in which OpenBLAS takes them on processors with AVX-512.

The C++ program multiplies matrices by OpenBLAS. Where its fit of landmarks comes to lie between
two of the rounded places of a density, the last digit of such a sum decides which one counts, and
that is seen in the landmarks. Sums over many columns at once go straight through the inputs, as
:mod:`~openface_core.matrix_product.tiles` does. A product of few columns and many inputs is summed
in sixteen lanes: the k-th term goes to lane k modulo 16, and neighbouring lanes are added up, two
by two. Columns and rows are taken four at a time. Where less is left of both, lanes are added up by
halves.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic
from numpy.typing import NDArray

from openface_core.fused import fused
from openface_core.kernel import kernel
from openface_core.matrix_product.tiles import FLOAT, FLOAT_BYTES, INDEX, LANES, Addresses

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


_LANE_VECTOR = ir.VectorType(FLOAT, SUM_LANES)


def _halved(builder: ir.IRBuilder, sums: list[Any], *, by_halves: bool) -> Any:
    """Write how lanes are added up, and return their sum."""
    while len(sums) > 1:
        half = len(sums) // 2
        first, second = (sums[:half], sums[half:]) if by_halves else (sums[::2], sums[1::2])
        sums = [builder.fadd(one, other) for one, other in zip(first, second, strict=True)]
    return sums[0]


def _fma(builder: ir.IRBuilder, vector: ir.VectorType) -> Any:
    kind = ir.FunctionType(vector, [vector] * 3)
    return cgutils.get_or_insert_function(builder.module, kind, f"llvm.fma.v{vector.count}f32")


def _emit_sums(builder: ir.IRBuilder, columns: int, arguments: Any, *, by_halves: bool) -> None:
    """Write the loop over sixteen inputs at a time, whose sums stay in registers."""
    row, count, x, stride, out = arguments
    memory = Addresses(builder, columns)
    vector = ir.VectorType(FLOAT, columns)
    fma, nothing = _fma(builder, vector), ir.Constant(vector, [0.0] * columns)
    zero, last = ir.Constant(INDEX, 0), builder.sub(count, ir.Constant(INDEX, 1))
    whole = builder.and_(count, ir.Constant(INDEX, -SUM_LANES))
    before = builder.block
    names = ("whole", "inputs", "rest", "some", "done")
    head, loop, rest, some, done = (builder.append_basic_block(name) for name in names)
    builder.branch(head)

    builder.position_at_end(head)
    begin = builder.phi(INDEX)
    begin.add_incoming(zero, before)
    sums = [builder.phi(vector) for _ in range(SUM_LANES)]
    builder.cbranch(builder.icmp_signed("<", begin, whole), loop, rest)

    builder.position_at_end(loop)
    new = []
    for lane, total in enumerate(sums):
        k = builder.add(begin, ir.Constant(INDEX, lane))
        seen = memory.load_vector(x, builder.mul(k, stride))
        new.append(builder.call(fma, [memory.load_everywhere(row, k), seen, total]))
    begin.add_incoming(builder.add(begin, ir.Constant(INDEX, SUM_LANES)), loop)
    for total, value in zip(sums, new, strict=True):
        total.add_incoming(nothing, before)
        total.add_incoming(value, loop)
    builder.branch(head)

    builder.position_at_end(rest)
    builder.cbranch(builder.icmp_signed("<", whole, count), some, done)

    builder.position_at_end(some)
    ends = []
    for lane, total in enumerate(sums):
        k = builder.add(whole, ir.Constant(INDEX, lane))
        is_there = builder.icmp_signed("<", k, count)
        k = builder.select(is_there, k, last)  # beyond the end, the last input is taken 0 times
        weight = builder.select(is_there, memory.load(row, k), ir.Constant(FLOAT, 0.0))
        seen = memory.load_vector(x, builder.mul(k, stride))
        ends.append(builder.call(fma, [memory.everywhere(weight), seen, total]))
    builder.branch(done)

    builder.position_at_end(done)
    found = []
    for total, value in zip(sums, ends, strict=True):
        either = builder.phi(vector)
        either.add_incoming(total, rest)
        either.add_incoming(value, some)
        found.append(either)
    memory.store_vector(_halved(builder, found, by_halves=by_halves), out, zero)


def _laned_sums(columns: int, *, by_halves: bool) -> Callable[..., None]:
    """Return a compiled step that writes neighbouring columns of a row times a matrix.

    For numba code only. Its arguments: address of the row, number of inputs, address of the first
    of the columns in the matrix, length of its rows, address of the first product.
    """

    @intrinsic  # type: ignore[untyped-decorator]
    def step(_context: Any, row: Any, count: Any, x: Any, stride: Any, out: Any) -> Any:
        def generate(context: Any, builder: ir.IRBuilder, _signature: Any, arguments: Any) -> Any:
            _emit_sums(builder, columns, arguments, by_halves=by_halves)
            return context.get_dummy_value()

        return types.void(row, count, x, stride, out), generate

    found: Callable[..., None] = step
    return found


_sum_in_lanes = _laned_sums(MOST_LANED, by_halves=False)
_sum_by_halves = _laned_sums(MOST_LANED, by_halves=True)
_combine_in_lanes = _laned_sums(LANES, by_halves=False)
_combine_by_halves = _laned_sums(LANES, by_halves=True)


def _emit_dot(builder: ir.IRBuilder, arguments: Any, *, by_halves: bool) -> Any:
    """Write the product of a row and a column, all of whose lanes are one vector."""
    row, column, count = arguments
    memory = Addresses(builder, SUM_LANES)
    fma, nothing = _fma(builder, _LANE_VECTOR), ir.Constant(_LANE_VECTOR, [0.0] * SUM_LANES)
    whole = builder.and_(count, ir.Constant(INDEX, -SUM_LANES))
    before = builder.block
    head, loop, done = (builder.append_basic_block(name) for name in ("whole", "inputs", "rest"))
    builder.branch(head)

    builder.position_at_end(head)
    k, total = builder.phi(INDEX), builder.phi(_LANE_VECTOR)
    k.add_incoming(ir.Constant(INDEX, 0), before)
    total.add_incoming(nothing, before)
    builder.cbranch(builder.icmp_signed("<", k, whole), loop, done)

    builder.position_at_end(loop)
    new = builder.call(fma, [memory.load_vector(row, k), memory.load_vector(column, k), total])
    total.add_incoming(new, loop)
    k.add_incoming(builder.add(k, ir.Constant(INDEX, SUM_LANES)), loop)
    builder.branch(head)

    builder.position_at_end(done)
    is_there = builder.icmp_signed(
        "<", ir.Constant(memory.indices, list(range(SUM_LANES))),
        memory.everywhere_index(builder.sub(count, whole)),
    )  # fmt: skip
    # Nothing is read beyond the end: there may be what is no number, or no memory.
    rest = [memory.load_some(seen, whole, is_there) for seen in (row, column)]
    total = builder.call(fma, [*rest, total])
    place = ir.IntType(32)
    lanes = [builder.extract_element(total, ir.Constant(place, k)) for k in range(SUM_LANES)]
    return _halved(builder, lanes, by_halves=by_halves)


def _laned_dot(*, by_halves: bool) -> Callable[[int, int, int], np.float32]:
    """Return a compiled product of a row and a column, summed in lanes.

    For numba code only. Its arguments: address of the row; address of the column, whose numbers are
    neighbours; number of inputs.
    """

    @intrinsic  # type: ignore[untyped-decorator]
    def dot(_context: Any, row: Any, column: Any, count: Any) -> Any:
        def generate(_target: Any, builder: ir.IRBuilder, _signature: Any, arguments: Any) -> Any:
            return _emit_dot(builder, arguments, by_halves=by_halves)

        return types.float32(row, column, count), generate

    found: Callable[[int, int, int], np.float32] = dot
    return found


_dot_in_lanes, _dot_by_halves = _laned_dot(by_halves=False), _laned_dot(by_halves=True)


@kernel
def laned_columns(columns: int) -> int:
    """Return how many of the last columns of a product OpenBLAS sums in lanes."""
    rest = columns % SUM_LANES
    return rest if rest <= MOST_LANED else 0


@kernel
def write_last_columns(
    values: Float32Array,
    weights_at: int,
    inputs: int,
    outputs: int,
    x: Float32Array,
    count: int,
    out: Float32Array,
) -> None:
    """Write those columns of a product that are summed in lanes.

    Parameters are those of :func:`~openface_core.matrix_product.blas_product`.
    """
    laned, rest = laned_columns(count), count % TAKEN_AT_ONCE
    if laned == 0 or inputs < _LEAST_LANED:  # which are summed as all others are
        return
    column, to = np.empty(inputs, dtype=np.float32), count - laned
    both_left_from = outputs - outputs % TAKEN_AT_ONCE
    for place in range(to, count):
        for k in range(inputs):
            column[k] = x[k, place]
        is_left = place >= count - rest
        for row in range(outputs):
            at = values.ctypes.data + (weights_at + row * inputs) * FLOAT_BYTES
            if is_left and row >= both_left_from:
                out[row, place] = _dot_by_halves(at, column.ctypes.data, inputs)
            else:
                out[row, place] = _dot_in_lanes(at, column.ctypes.data, inputs)


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
def _combine(rows: Float32Array, weights: Float32Array, length: int, out: Float32Array) -> None:
    """Write the first `length` sums; the last vector of columns reaches back, not further."""
    count, columns = rows.shape
    seen, to = rows.ctypes.data, out.ctypes.data
    for first in range(0, length, LANES):
        at = min(first, columns - LANES) * FLOAT_BYTES
        _combine_in_lanes(weights.ctypes.data, count, seen + at, columns, to + at)
    rest = length % TAKEN_AT_ONCE
    if rest > 0:
        last = np.empty(LANES, dtype=np.float32)
        first = max(length - LANES, 0)
        at = seen + first * FLOAT_BYTES
        _combine_by_halves(weights.ctypes.data, count, at, columns, last.ctypes.data)
        out[length - rest : length] = last[length - rest - first : length - first]


@kernel
def laned_combination(rows: Float32Array, weights: Float32Array, out: Float32Array) -> None:
    """Write the sum of rows (m, n), C order, times weights (m,), each of the n sums in lanes."""
    count, length = rows.shape
    if count < _LEAST_LANED:
        out[:] = 0.0
        for k in range(count):
            weight, row = weights[k], rows[k]
            for i in range(length):
                out[i] = fused(weight, row[i], out[i])
        return
    if length < LANES:  # whole vectors are read
        wide, found = np.zeros((count, LANES), dtype=np.float32), np.empty(LANES, dtype=np.float32)
        wide[:, :length] = rows
        _combine(wide, weights, length, found)
        out[:] = found[:length]
        return
    _combine(rows, weights, length, out)
