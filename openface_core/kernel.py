"""The one way in which this package compiles a hot loop."""

import os
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
from numba.core.dispatcher import Dispatcher
from numba.core.extending import _Intrinsic
from numba.core.runtime import rtsys

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


def _keep_if_possible(dispatcher: Any) -> None:
    """Let a kernel work that cannot be kept, because the disk of the cache, or a quota, is full."""
    cache = dispatcher._cache  # numba offers no other way in
    keep = cache.save_overload

    def save_overload(*arguments: Any) -> None:
        with suppress(OSError):
            keep(*arguments)

    cache.save_overload = save_overload


def _load_without_compiler(dispatcher: Any) -> None:
    """Let a kernel that was compiled before be loaded without the compiler's registries.

    Before numba looks into its cache, it imports and registers everything that it can compile:
    .35 s in every process. Machine code only needs the functions of numba's runtime. A kernel that
    has to be compiled gets its registries nevertheless, as the compiler refreshes them itself.
    """
    cache = dispatcher._cache  # numba offers no other way in

    def load_overload(signature: Any, target: Any) -> Any:
        rtsys.initialize(target)
        with cache._guard_against_spurious_io_errors():
            return cache._load_overload(signature, target)

    cache.load_overload = load_overload


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


@cache
def _stamp(file: str) -> tuple[str, int, int]:
    try:
        status = Path(file).stat()
    except OSError:  # from an archive, which numba looks at itself
        return file, 0, 0
    return Path(file).name, status.st_mtime_ns, status.st_size


def _forget_when_changed(dispatcher: Any, files: frozenset[str]) -> None:
    """Let compiled code be kept only as long as all that it was compiled from is the same.

    Numba looks at the function's own file alone. Code of another file that has been compiled into
    it, and has changed since, would go on unseen, with other ideas of how arrays lie in memory.
    """
    kept = getattr(dispatcher._cache, "_cache_file", None)  # numba offers no other way in
    if kept is not None:
        kept._source_stamp = (kept._source_stamp, tuple(_stamp(file) for file in sorted(files)))


def _compiled(function: F, *, nogil: bool) -> F:
    compiled, files = _dispatcher(function, nogil=nogil), _files_used(function)
    setattr(compiled, _FILES_USED, files)
    _forget_when_changed(compiled, files)
    return cast(F, compiled)


def _dispatcher(function: Callable[..., object], *, nogil: bool) -> Any:
    flags = {"nogil": nogil, "fastmath": False, "error_model": "numpy"}
    if not _MAY_KEEP:
        return numba.njit(cache=False, **flags)(function)
    try:
        compiled = numba.njit(cache=True, **flags)(function)
        _keep_if_possible(compiled)
        _load_without_compiler(compiled)
    except RuntimeError:
        # Neither the installation nor the user's folders can be written to, as in a read-only
        # container: every process compiles for itself.
        compiled = numba.njit(cache=False, **flags)(function)
    return compiled
