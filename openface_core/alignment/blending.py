"""A colour between four neighbouring pixels, all three channels in one vector.

Numba does not make one vector of three channels that lie side by side, so the step is written in
LLVM's own language. It takes a quarter of the instructions.
"""

from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.extending import intrinsic

from openface_core.llvm_vectors import everywhere, loaded

_BYTE, _HALF, _WORD = (ir.IntType(bits) for bits in (8, 16, 32))
_EIGHT_HALVES = ir.VectorType(_HALF, 8)
_FOUR_WORDS = ir.VectorType(_WORD, 4)


def _pixels(builder: ir.IRBuilder, address: Any) -> Any:
    """Return eight bytes, which begin with the channels of two pixels."""
    return builder.zext(loaded(builder, address, ir.VectorType(_BYTE, 8)), _EIGHT_HALVES)


@intrinsic  # type: ignore[untyped-decorator]
def blend_bgr(_context: Any, address: Any, row_bytes: Any, a: Any, b: Any) -> Any:
    """Return the colour between four pixels, blue in the lowest byte; in compiled code only.

    Its arguments: address of the upper left pixel, three bytes of eight that are read there and in
    the row below; length of a row in bytes; position between the pixels across and down, in 1/32.
    Rounded as :func:`openface_core.alignment.warp.warp_affine` says. Nothing is checked.
    """
    signature = types.int32(address, row_bytes, a, b)

    def generate(_target: Any, builder: ir.IRBuilder, _signature: Any, arguments: Any) -> Any:
        address, row_bytes, a, b = arguments
        down = everywhere(builder, builder.trunc(b, _HALF), _EIGHT_HALVES)
        up = builder.sub(ir.Constant(_EIGHT_HALVES, [32] * 8), down)
        upper = builder.mul(_pixels(builder, address), up)
        lower = builder.mul(_pixels(builder, builder.add(address, row_bytes)), down)
        column = builder.add(upper, lower)  # at most 255 * 32
        nothing = ir.Constant(_EIGHT_HALVES, ir.Undefined)
        left, right = (
            builder.zext(
                builder.shuffle_vector(column, nothing, ir.Constant(_FOUR_WORDS, lanes)),
                _FOUR_WORDS,
            )
            for lanes in ([0, 1, 2, 2], [3, 4, 5, 5])
        )
        across = everywhere(builder, a, _FOUR_WORDS)
        back = builder.sub(ir.Constant(_FOUR_WORDS, [32] * 4), across)
        total = builder.add(builder.mul(left, back), builder.mul(right, across))
        total = builder.add(total, ir.Constant(_FOUR_WORDS, [512] * 4))
        rounded = builder.lshr(total, ir.Constant(_FOUR_WORDS, [10] * 4))
        return builder.bitcast(builder.trunc(rounded, ir.VectorType(_BYTE, 4)), _WORD)

    return signature, generate
