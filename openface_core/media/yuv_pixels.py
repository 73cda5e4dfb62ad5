"""Blue, green and red of sixteen pixels at once, from their brightness and what colours add to it.

Numba neither cuts values off at 0 and 255 in vectors nor lays three channels side by side, so the
step is written in LLVM's own language. It takes half the time.
"""

from typing import Any, Final

from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.extending import intrinsic

from openface_core.llvm_vectors import everywhere, loaded

PIXELS: Final = 16
"""At once."""

_BYTE, _HALF, _WORD = (ir.IntType(bits) for bits in (8, 16, 32))
_BYTES, _HALVES, _WORDS = (ir.VectorType(kind, PIXELS) for kind in (_BYTE, _HALF, _WORD))


def _lanes(numbers: list[int]) -> ir.Constant:
    return ir.Constant(ir.VectorType(_WORD, len(numbers)), numbers)


def _same(number: int, kind: ir.VectorType = _HALVES) -> ir.Constant:
    return ir.Constant(kind, [number] * PIXELS)


def _everywhere(builder: ir.IRBuilder, number: Any) -> Any:
    """Return a vector that holds the lower half of a number in all lanes."""
    return everywhere(builder, builder.trunc(number, _HALF), _HALVES)


def _side_by_side(builder: ir.IRBuilder, blue: Any, green: Any, red: Any) -> Any:
    nothing = ir.Constant(_BYTES, ir.Undefined)
    twice = _lanes(list(range(2 * PIXELS)))
    first = builder.shuffle_vector(blue, green, twice)
    second = builder.shuffle_vector(red, nothing, twice)
    order = [PIXELS * channel + pixel for pixel in range(PIXELS) for channel in range(3)]
    return builder.shuffle_vector(first, second, _lanes(order))


@intrinsic  # type: ignore[untyped-decorator]
def write_pixels(
    _context: Any, luma: Any, colours: Any, row_bytes: Any, black: Any, factor: Any, out: Any
) -> Any:
    """Write sixteen pixels, 48 bytes, and return how many; in compiled code only.

    Its arguments: addresses of sixteen bytes of brightness, and of as many numbers of 16 bits that
    colour adds to blue, with those for green and red so many bytes further on; eight times the
    value of black; 8192 times what brightness counts; address of the pixels. Nothing is checked.
    """
    signature = types.intp(luma, colours, row_bytes, black, factor, out)

    def generate(_target: Any, builder: ir.IRBuilder, _signature: Any, arguments: Any) -> Any:
        luma, colours, row_bytes, black, factor, out = arguments
        eightfold = builder.shl(builder.zext(loaded(builder, luma, _BYTES), _HALVES), _same(3))
        above_black = builder.sub(eightfold, _everywhere(builder, black))
        product = builder.mul(
            builder.sext(above_black, _WORDS), builder.sext(_everywhere(builder, factor), _WORDS)
        )
        light = builder.trunc(builder.ashr(product, _same(16, _WORDS)), _HALVES)
        channels = []
        for _ in range(3):
            total = builder.add(light, loaded(builder, colours, _HALVES))
            for bound, sign in ((_same(0), ">"), (_same(255), "<")):
                total = builder.select(builder.icmp_signed(sign, total, bound), total, bound)
            channels.append(builder.trunc(total, _BYTES))
            colours = builder.add(colours, row_bytes)
        pixels = _side_by_side(builder, *channels)
        stored = builder.store(pixels, builder.inttoptr(out, pixels.type.as_pointer()))
        stored.align = 1
        return ir.Constant(_target.get_value_type(types.intp), PIXELS)

    return signature, generate
