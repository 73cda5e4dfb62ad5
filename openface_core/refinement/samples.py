"""Bilinear samples of a grey picture along lines, several at once.

Numba loads the four pixels of each sample one after the other, and asks each time whether they lie
in the picture. Here that is known beforehand, so the loop is written in LLVM's own language: whole
vectors of positions and of the pixels there.
"""

from collections.abc import Callable
from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.extending import intrinsic

from openface_core.fixed_point import FRACTION_BITS, MATRIX_BITS
from openface_core.matrix_product.tiles import FLOAT, FLOAT_BYTES, INDEX, LANE_MULTIPLE, Addresses

_LANES = 8
"""Samples at once: lines are about two dozen long."""

_WORD = ir.IntType(32)
_WORDS, _INDICES = ir.VectorType(_WORD, _LANES), ir.VectorType(INDEX, _LANES)
_VECTOR = ir.VectorType(FLOAT, _LANES)


class _Samples:
    """Writes the steps for one vector of samples."""

    def __init__(self, builder: ir.IRBuilder, *, are_bytes: bool) -> None:
        self.builder = builder
        self.memory = Addresses(builder, _LANES)
        self.words = Addresses(builder, _LANES, _WORD)
        self.are_bytes = are_bytes

    def word(self, value: int) -> ir.Constant:
        return ir.Constant(_WORDS, [value] * _LANES)

    def number(self, value: float) -> ir.Constant:
        return ir.Constant(_VECTOR, [value] * _LANES)

    def _loaded(self, element: ir.Type, addresses: Any, align: int) -> Any:
        """Load one element at each of some addresses.

        One after the other: compilers take many processors' own instruction for it to be slower.
        """
        builder = self.builder
        found = ir.Constant(ir.VectorType(element, _LANES), ir.Undefined)
        for lane in range(_LANES):
            place = ir.Constant(_WORD, lane)
            address = builder.inttoptr(
                builder.extract_element(addresses, place), element.as_pointer()
            )
            value = builder.load(address)
            value.align = align
            found = builder.insert_element(found, value, place)
        return found

    def pair(self, grey: Any, places: Any) -> tuple[Any, Any]:
        """Return the pixels at some places of the picture, and their neighbours at the right."""
        builder = self.builder
        if self.are_bytes:
            at = builder.add(self.memory.everywhere_index(grey), places)
            both = builder.zext(self._loaded(ir.IntType(16), at, 1), _WORDS)
            left = builder.and_(both, self.word(255))
            right = builder.lshr(both, self.word(8))
            return builder.sitofp(left, _VECTOR), builder.sitofp(right, _VECTOR)
        size = ir.Constant(_INDICES, [FLOAT_BYTES] * _LANES)
        at = builder.add(self.memory.everywhere_index(grey), builder.mul(places, size))
        left = self._loaded(FLOAT, at, FLOAT_BYTES)
        return left, self._loaded(FLOAT, builder.add(at, size), FLOAT_BYTES)

    def position(self, line: Any, steps: Any, begin: Any) -> tuple[Any, Any]:
        """Return in which pixels samples lie, and which share of a pixel further, float32."""
        builder = self.builder
        first = self.words.everywhere(builder.trunc(line, _WORD))
        fixed = builder.add(first, self.words.load_vector(steps, begin))
        fixed = builder.ashr(fixed, self.word(MATRIX_BITS - FRACTION_BITS))
        share = builder.and_(fixed, self.word((1 << FRACTION_BITS) - 1))
        step = self.number(1.0 / (1 << FRACTION_BITS))
        whole = builder.ashr(fixed, self.word(FRACTION_BITS))
        return whole, builder.fmul(builder.sitofp(share, _VECTOR), step)

    def of_vector(self, arguments: Any, begin: Any) -> Any:
        """Return the samples from number `begin` on."""
        grey, width, line_x, line_y, steps_x, count = arguments
        builder = self.builder
        length = builder.and_(  # of a row of steps, as `padded`
            builder.add(count, ir.Constant(INDEX, LANE_MULTIPLE - 1)),
            ir.Constant(INDEX, -LANE_MULTIPLE),
        )
        steps_y = builder.add(steps_x, builder.mul(length, ir.Constant(INDEX, FLOAT_BYTES)))
        left, u = self.position(line_x, steps_x, begin)
        top, v = self.position(line_y, steps_y, begin)
        columns = self.words.everywhere(builder.trunc(width, _WORD))
        places = builder.sext(builder.add(builder.mul(top, columns), left), _INDICES)
        below = builder.add(places, self.memory.everywhere_index(width))
        one = self.number(1.0)
        other_u, other_v = builder.fsub(one, u), builder.fsub(one, v)
        weights = [builder.fmul(across, down) for down in (other_v, v) for across in (other_u, u)]
        pixels = [*self.pair(grey, places), *self.pair(grey, below)]
        total = builder.fmul(pixels[0], weights[0])
        for pixel, weight in zip(pixels[1:], weights[1:], strict=True):
            total = builder.fadd(total, builder.fmul(pixel, weight))
        return total


def _emit(builder: ir.IRBuilder, arguments: Any, *, are_bytes: bool) -> None:
    """Write the loop over the vectors of a line."""
    *seen, out = arguments
    count = seen[-1]
    steps = _Samples(builder, are_bytes=are_bytes)
    before = builder.block
    head, body, done = (builder.append_basic_block(name) for name in ("head", "body", "done"))
    builder.branch(head)
    builder.position_at_end(head)
    begin = builder.phi(INDEX)
    begin.add_incoming(ir.Constant(INDEX, 0), before)
    builder.cbranch(builder.icmp_signed("<", begin, count), body, done)
    builder.position_at_end(body)
    steps.memory.store_vector(steps.of_vector(seen, begin), out, begin)
    begin.add_incoming(builder.add(begin, ir.Constant(INDEX, _LANES)), body)
    builder.branch(head)
    builder.position_at_end(done)


def _sampled(*, are_bytes: bool) -> Callable[..., None]:
    """Return a compiled step that writes the samples of a line.

    For numba code only. Its arguments: address of the picture, and how many pixels further its next
    row is; where the line begins, x and y; address of how much further the samples are, (2, c)
    int32, x and y, where c is their padded number; that number; where they go (float32, room for
    whole vectors). Positions are in 1/1024 pixel, with half of 1/32 pixel added, to which they are
    rounded. All samples must lie in the picture, with those that fill the last vector. Nothing is
    checked.
    """

    @intrinsic  # type: ignore[untyped-decorator]
    def step(
        _context: Any,
        grey: Any,
        width: Any,
        line_x: Any,
        line_y: Any,
        steps: Any,
        count: Any,
        out: Any,
    ) -> Any:
        signature = types.void(grey, width, line_x, line_y, steps, count, out)

        def generate(context: Any, builder: ir.IRBuilder, _signature: Any, arguments: Any) -> Any:
            _emit(builder, arguments, are_bytes=are_bytes)
            return context.get_dummy_value()

        return signature, generate

    found: Callable[..., None] = step
    return found


sample_bytes, sample_floats = _sampled(are_bytes=True), _sampled(are_bytes=False)
