"""The logistic function of many numbers at once.

The library's exponential takes one number at a time, which costs a tenth of the experts' time. This
one is made of operations that the compiler applies to whole vectors; every sum is a fused one, so
that the results are the same on every processor.
"""

import math
from typing import Any

import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.extending import intrinsic
from numpy.typing import NDArray

from openface_core.fused import fused
from openface_core.kernel import kernel

_FLOAT, _WORD = ir.FloatType(), ir.IntType(32)

_MOST = np.float32(87.0)
"""Beyond, powers leave the range of float32; the logistic function is 0 or 1 long before."""

_PER_OCTAVE = np.float32(1.0 / math.log(2.0))
_OCTAVE = np.float32(math.log(2.0))
_OCTAVE_REST = np.float32(math.log(2.0) - float(_OCTAVE))
_ROUNDER = np.float32(1.5 * 2**23)
"""float32 numbers of this size are whole: to add and subtract it is to round."""

_C2, _C3, _C4, _C5, _C6 = (np.float32(1.0 / math.factorial(k)) for k in range(2, 7))


@intrinsic  # type: ignore[untyped-decorator]
def _power_of_two(_context: Any, exponent: Any) -> Any:
    """Return 2 to a whole number from -126 to 127, given as float32."""
    signature = types.float32(exponent)

    def generate(_target: Any, builder: ir.IRBuilder, _signature: Any, arguments: Any) -> Any:
        whole = builder.fptosi(arguments[0], _WORD)
        biased = builder.add(whole, ir.Constant(_WORD, 127))
        return builder.bitcast(builder.shl(biased, ir.Constant(_WORD, 23)), _FLOAT)

    return signature, generate


@kernel
def logistic_in_place(z: NDArray[np.float32]) -> None:
    """Replace numbers (n,) by ``1 / (1 + exp(-z))``; the error is below 2e-7."""
    one = np.float32(1.0)
    for i in range(z.shape[0]):
        x = min(max(-z[i], -_MOST), _MOST)
        octaves = fused(x, _PER_OCTAVE, _ROUNDER) - _ROUNDER
        rest = fused(octaves, -_OCTAVE_REST, fused(octaves, -_OCTAVE, x))
        power = fused(rest, _C6, _C5)
        power = fused(rest, power, _C4)
        power = fused(rest, power, _C3)
        power = fused(rest, power, _C2)
        power = fused(rest, power, one)
        power = fused(rest, power, one)
        z[i] = one / fused(power, _power_of_two(octaves), one)
