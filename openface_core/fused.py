"""Fused multiplication and addition, for kernels: one rounding where two would be.

Compilers fuse where they like. A kernel that says where gives the same on every processor, and the
same as a program that was compiled to do so.
"""

from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

_FLOAT = ir.FloatType()


@intrinsic  # type: ignore[untyped-decorator]
def fused(_context: Any, a: Any, b: Any, c: Any) -> Any:
    """Return ``a * b + c`` of float32 numbers, rounded once; in compiled code only."""
    signature = types.float32(a, b, c)

    def generate(_target: Any, builder: ir.IRBuilder, _signature: Any, arguments: Any) -> Any:
        kind = ir.FunctionType(_FLOAT, [_FLOAT] * 3)
        fma = cgutils.get_or_insert_function(builder.module, kind, "llvm.fma.f32")
        return builder.call(fma, arguments)

    return signature, generate
