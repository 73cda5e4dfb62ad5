"""The logistic function and the exponential, rounded as those of the C library.

The library's ``expf`` takes one number at a time, which costs a tenth of the experts' time. This
one takes its steps, in operations that the compiler applies to whole vectors, and gives the same
numbers on every processor.

References
----------
``expf`` of glibc 2.28 and later, from Arm's optimized routines: a table of the 32nd powers of 2
and a polynomial of the third degree, in double precision.
"""

import math
from typing import Any

import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.extending import intrinsic
from numpy.typing import NDArray

from openface_core.kernel import kernel

_DOUBLE, _WORD = ir.DoubleType(), ir.IntType(64)
_MANTISSA_BITS, _EXPONENT_BIAS = 52, 1023

_STEP_BITS = 5
_STEPS = 1 << _STEP_BITS
"""Of the table, per power of 2."""

_TABLE = np.array([2.0 ** (k / _STEPS) for k in range(_STEPS)])
_STEPS_PER_UNIT = _STEPS / math.log(2.0)
_C1 = float.fromhex("0x1.62e42ff0c52d6p-1") / _STEPS
_C2 = float.fromhex("0x1.ebfce50fac4f3p-3") / _STEPS**2
_C3 = float.fromhex("0x1.c6af84b912394p-5") / _STEPS**3
_UNITS_PER_STEP = float(np.float32(math.log(2.0) / _STEPS))
_UNITS_PER_STEP_REST = math.log(2.0) / _STEPS - _UNITS_PER_STEP
"""The first has few digits, so that its products with whole numbers are exact."""

_TAYLOR_3, _TAYLOR_4, _TAYLOR_5, _TAYLOR_6 = (1.0 / math.factorial(k) for k in range(3, 7))
_ROUNDER = 1.5 * 2.0**52
"""Numbers of this size are whole: to add and subtract it is to round."""

_MOST = 200.0
"""Powers of more leave the range of float32 by far."""


@intrinsic  # type: ignore[untyped-decorator]
def _power_of_two(_context: Any, exponent: Any) -> Any:
    """Return 2.0 to a whole number from -1022 to 1023."""
    signature = types.float64(exponent)

    def generate(_target: Any, builder: ir.IRBuilder, _signature: Any, arguments: Any) -> Any:
        biased = builder.add(arguments[0], ir.Constant(_WORD, _EXPONENT_BIAS))
        shifted = builder.shl(biased, ir.Constant(_WORD, _MANTISSA_BITS))
        return builder.bitcast(shifted, _DOUBLE)

    return signature, generate


@kernel
def exp_float32(number: np.float32) -> np.float32:
    """Return the exponential as ``expf`` rounds it."""
    x = min(max(np.float64(number), -_MOST), _MOST) * _STEPS_PER_UNIT
    whole = (x + _ROUNDER) - _ROUNDER
    rest = x - whole
    step = np.int64(whole)
    scale = _TABLE[step & (_STEPS - 1)] * _power_of_two(step >> _STEP_BITS)
    power = (_C3 * rest + _C2) * (rest * rest) + (_C1 * rest + 1.0)
    return np.float32(power * scale)


@kernel
def exp_float64(number: float) -> float:
    """Return the exponential in double precision, to a few units of its last digit."""
    x = min(max(number, -_MOST), _MOST)
    whole = (x * _STEPS_PER_UNIT + _ROUNDER) - _ROUNDER
    rest = (x - whole * _UNITS_PER_STEP) - whole * _UNITS_PER_STEP_REST
    step = np.int64(whole)
    power = _TAYLOR_6 * rest + _TAYLOR_5
    power = power * rest + _TAYLOR_4
    power = power * rest + _TAYLOR_3
    power = power * rest + 0.5
    power = power * (rest * rest) + rest
    scale = _TABLE[step & (_STEPS - 1)] * _power_of_two(step >> _STEP_BITS)
    return float(scale + scale * power)


@kernel
def exponentials(numbers: NDArray[np.float32], out: NDArray[np.float32]) -> None:
    """Write the exponentials of numbers (n,)."""
    for i in range(numbers.shape[0]):
        out[i] = exp_float32(numbers[i])


@kernel
def logistic_in_place(z: NDArray[np.float32]) -> None:
    """Replace numbers (n,) by ``1 / (1 + expf(-z))``."""
    one = np.float32(1.0)
    for i in range(z.shape[0]):
        z[i] = one / (one + exp_float32(-z[i]))
