"""A tile of a matrix product, held in vector registers.

CE-CLM's experts multiply some 500 million numbers per frame, in matrices too small for a BLAS to be
at its best, and a BLAS brings threads of its own and sums in an order that depends on the matrices'
sizes. This tile reads weights as they lie in the file, without repacking. It is twice as fast as
numpy's OpenBLAS on these sizes. Every element is one chain of fused multiplications and additions
in the order of the inputs, so results do not depend on the width of the processor's registers, nor
on what else is computed beside.

Numba cannot say "these sums stay in registers", so the loop is written in LLVM's own language.
"""

from collections.abc import Callable
from typing import Any

import llvmlite.binding  # type: ignore[import-untyped]
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from openface_core.llvm_vectors import everywhere

FLOAT_BYTES = 4
LANE_MULTIPLE = 16
"""Columns of the matrices below are a multiple of this on every processor."""

_FEATURES = llvmlite.binding.get_host_cpu_features()
# 8 x 3 sums and 3 inputs fill the 32 registers of AVX-512; 4 x 3 and 3, the 16 of others.
LANES, TILE_ROWS = (16, 8) if _FEATURES.get("avx512f", False) else (8, 4)
"""Numbers in a vector, and rows of a tile."""

MAX_TILE_VECTORS = 3

INDEX = ir.IntType(64)
FLOAT = ir.FloatType()
VECTOR = ir.VectorType(FLOAT, LANES)


class Addresses:
    """Loads and stores relative to addresses, in units of one number of 32 bits.

    Parameters
    ----------
    builder : llvmlite.ir.IRBuilder
        Where instructions are written to.
    lanes : int
        Numbers in a vector.
    element : llvmlite.ir.Type
        What they are.
    """

    def __init__(self, builder: ir.IRBuilder, lanes: int = LANES, element: ir.Type = FLOAT) -> None:
        self._builder = builder
        self._lanes = lanes
        self._element = element
        self._vector = ir.VectorType(element, lanes)
        self.indices = ir.VectorType(INDEX, lanes)

    def _at(self, base: Any, offset: Any, kind: ir.Type) -> Any:
        bytes_on = self._builder.mul(offset, ir.Constant(INDEX, FLOAT_BYTES))
        return self._builder.inttoptr(self._builder.add(base, bytes_on), kind.as_pointer())

    def _call(self, name: str, result: ir.Type, *arguments: Any) -> Any:
        kind = ir.FunctionType(result, [argument.type for argument in arguments])
        function = cgutils.get_or_insert_function(self._builder.module, kind, name)
        return self._builder.call(function, arguments)

    def load(self, base: Any, offset: Any) -> Any:
        """Load one number."""
        return self._builder.load(self._at(base, offset, self._element))

    def everywhere(self, number: Any) -> Any:
        """Return a vector of one number in all lanes."""
        return everywhere(self._builder, number, self._vector)

    def everywhere_index(self, index: Any) -> Any:
        """Return a vector of one index in all lanes."""
        return everywhere(self._builder, index, self.indices)

    def load_vector(self, base: Any, offset: Any) -> Any:
        """Load neighbouring numbers."""
        found = self._builder.load(self._at(base, offset, self._vector))
        found.align = FLOAT_BYTES
        return found

    def load_some(self, base: Any, offset: Any, which: Any) -> Any:
        """Load those of neighbouring float32 that are wanted, and 0 in place of the others."""
        name = f"llvm.masked.load.v{self._lanes}f32.p0"
        align, nothing = ir.Constant(ir.IntType(32), FLOAT_BYTES), [0.0] * self._lanes
        at = self._at(base, offset, self._vector)
        return self._call(name, self._vector, at, align, which, ir.Constant(self._vector, nothing))

    def load_everywhere(self, base: Any, offset: Any) -> Any:
        """Load one number into all lanes."""
        return self.everywhere(self.load(base, offset))

    def fetch(self, base: Any, offset: Any) -> None:
        """Ask for the memory line of a number, which will be wanted soon."""
        how = (ir.Constant(ir.IntType(32), k) for k in (0, 3, 1))
        self._call("llvm.prefetch.p0", ir.VoidType(), self._at(base, offset, ir.IntType(8)), *how)

    def store_vector(self, vector: Any, base: Any, offset: Any) -> None:
        """Store neighbouring numbers."""
        stored = self._builder.store(vector, self._at(base, offset, self._vector))
        stored.align = FLOAT_BYTES


@intrinsic  # type: ignore[untyped-decorator]
def copy_run(_context: Any, seen: Any, to: Any) -> Any:
    """Copy :data:`LANE_MULTIPLE` numbers, given addresses; in compiled code only."""

    def generate(context: Any, builder: ir.IRBuilder, _signature: Any, arguments: Any) -> Any:
        memory, zero = Addresses(builder, LANE_MULTIPLE), ir.Constant(INDEX, 0)
        memory.store_vector(memory.load_vector(arguments[0], zero), arguments[1], zero)
        return context.get_dummy_value()

    return types.void(seen, to), generate


def _emit(
    builder: ir.IRBuilder, rows: int, vectors: int, arguments: Any, *, is_fused: bool
) -> None:
    """Write the tile's loop over the inputs."""
    weights, stride, inputs, x, row_length, biases, out = arguments
    fused = cgutils.get_or_insert_function(
        builder.module, ir.FunctionType(VECTOR, [VECTOR] * 3), f"llvm.fma.v{LANES}f32"
    )
    memory = Addresses(builder)
    index = [ir.Constant(INDEX, k) for k in range(max(rows + 1, vectors * LANES))]
    start = [memory.load_everywhere(biases, index[r]) for r in range(rows)]
    row_begins = [builder.mul(stride, index[r]) for r in range(rows)]
    before = builder.block
    loop, after = builder.append_basic_block("inputs"), builder.append_basic_block("done")
    builder.branch(loop)
    builder.position_at_end(loop)
    k = builder.phi(INDEX)
    k.add_incoming(index[0], before)
    sums = [builder.phi(VECTOR) for _ in range(rows * vectors)]
    x_row = builder.mul(k, row_length)
    seen = [memory.load_vector(x, builder.add(x_row, index[v * LANES])) for v in range(vectors)]
    # The rows of the next tile follow these in memory. The processor does not foresee that.
    next_rows = builder.mul(index[rows], builder.add(stride, k))
    memory.fetch(weights, next_rows)
    new = []
    for r in range(rows):
        weight = memory.load_everywhere(weights, builder.add(row_begins[r], k))
        for v in range(vectors):
            total = sums[r * vectors + v]
            if is_fused:
                new.append(builder.call(fused, [weight, seen[v], total]))
            else:
                new.append(builder.fadd(total, builder.fmul(weight, seen[v])))
    following = builder.add(k, index[1])
    k.add_incoming(following, loop)
    for place, (total, value) in enumerate(zip(sums, new, strict=True)):
        total.add_incoming(start[place // vectors], before)
        total.add_incoming(value, loop)
    builder.cbranch(builder.icmp_signed("<", following, inputs), loop, after)
    builder.position_at_end(after)
    for place, value in enumerate(new):
        row, vector = divmod(place, vectors)
        offset = builder.add(builder.mul(row_length, index[row]), index[vector * LANES])
        memory.store_vector(value, out, offset)


def tile(rows: int, vectors: int, *, is_fused: bool = True) -> Callable[..., None]:
    """Return a compiled step that writes a tile of ``weights @ x + biases``.

    Parameters
    ----------
    rows : int
        Rows of the tile.
    vectors : int
        Its columns, in vectors of :data:`LANES` numbers.
    is_fused : bool
        Whether a multiplication and addition are rounded once, or one after the other.

    Returns
    -------
    callable
        For numba code only. Its arguments: address of the first row of weights, and the length of
        its rows; number of inputs (at least 1); address of the first column of x, and the length
        of its rows, which is also that of the result's; address of the first bias; address of the
        result's first element. All numbers are float32, addresses are in bytes,
        lengths in numbers. Nothing is checked.
    """

    @intrinsic  # type: ignore[untyped-decorator]
    def step(
        _context: Any,
        weights: Any,
        stride: Any,
        inputs: Any,
        x: Any,
        row_length: Any,
        biases: Any,
        out: Any,
    ) -> Any:
        signature = types.void(weights, stride, inputs, x, row_length, biases, out)

        def generate(context: Any, builder: ir.IRBuilder, _signature: Any, arguments: Any) -> Any:
            _emit(builder, rows, vectors, arguments, is_fused=is_fused)
            return context.get_dummy_value()

        return signature, generate

    found: Callable[..., None] = step
    return found
