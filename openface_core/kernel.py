"""The one way in which this package compiles a hot loop."""

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar, cast

import numba
from numba.core.dispatcher import Dispatcher
from numba.core.extending import _Intrinsic

from openface_core.kept_kernels import KernelCache

F = TypeVar("F", bound=Callable[..., object])

_FILES_USED = "openface_beam_files"
"""The attribute of a kernel that names the source files of what it is compiled with."""


def small_kernel(function: F) -> F:
    """Compile work of a few microseconds, as :func:`kernel` but with the interpreter lock held.

    To release the lock for so short a time costs more than it gives: another worker takes it, and
    this one has to wait until it is free again.
    """
    return _compiled(function, nogil=False)


def kernel(function: F) -> F:
    """Compile a numeric loop with numba.

    The interpreter lock is released, so that worker threads scale; compiled code is cached on
    disk; reassociation of floating point sums is *not* allowed, so that a result depends neither on
    the number of workers nor on the vector width of the processor. Numba's cache keys on the code
    and not on these flags, which is why every kernel of the project goes through this decorator.
    """
    return _compiled(function, nogil=True)


def may_keep_kernels() -> bool:
    """Tell whether numba has a place for compiled code.

    For a user whom the system does not know and who has no HOME, as in containers, it would make a
    folder ``~`` in the working folder.
    """
    if os.environ.get("NUMBA_CACHE_DIR"):
        return True
    try:
        return bool(Path.home())
    except RuntimeError:
        return False


_MAY_KEEP = may_keep_kernels()


def _files_used(function: Callable[..., object]) -> frozenset[str]:
    """Return the source files of what a function may be compiled with, the kernels of its module.

    These are all that its module imports, so that helpers defined below it count as well.
    """
    found = {function.__code__.co_filename}
    for used in function.__globals__.values():
        if isinstance(used, Dispatcher):
            found |= getattr(used, _FILES_USED, frozenset())
        elif isinstance(used, _Intrinsic):
            found.add(used._defn.__code__.co_filename)
    return frozenset(found)


def _compiled(function: F, *, nogil: bool) -> F:
    compiled = numba.njit(nogil=nogil, fastmath=False, error_model="numpy")(function)
    files = _files_used(function)
    setattr(compiled, _FILES_USED, files)
    if _MAY_KEEP:
        # Where neither the installation nor the user's folders can be written to, as in a read-only
        # container, every process compiles for itself.
        with suppress(RuntimeError):
            compiled._cache = KernelCache(function, sorted(files))  # numba offers no other way in
    return cast(F, compiled)
