"""How compiled kernels are kept on disk, and loaded in a fraction of the time that numba takes.

Numba parses the intermediate code of every kernel that it loads, and asks for each of the functions
in it by name, so that other kernels could be compiled with it; and it imports the modules of all
that was compiled into it. Machine code by itself needs none of that. Here a kernel is loaded as
machine code alone, and what other kernels need is looked at when one of them is compiled.
"""

import importlib
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from llvmlite import binding  # type: ignore[import-untyped]
from numba.core.caching import CompileResultCacheImpl, FunctionCache, IndexDataCacheFile
from numba.core.codegen import CodeLibrary, JITCodeLibrary
from numba.core.compiler import CompileResult
from numba.core.environment import Environment, lookup_environment
from numba.core.runtime import _nrt_python

_FORM = 2
"""Counts the forms in which kernels were kept: those of another one are compiled anew."""


class _KeptEnvironment(NamedTuple):
    """What numba calls a function's environment: objects of Python that its code refers to."""

    name: str
    module: str
    constants: list[Any]


class _KeptKernel(NamedTuple):
    """What there is of a kernel on disk."""

    library: str
    machine_code: bytes
    intermediate_code: bytes
    description: Any
    signature: Any
    environment: _KeptEnvironment
    used_environments: tuple[_KeptEnvironment, ...]


class _LoadedLibrary(JITCodeLibrary):  # type: ignore[misc]
    """Machine code whose intermediate code is parsed only when it is compiled into other code."""

    def __init__(self, codegen: Any, kept: _KeptKernel) -> None:
        # Not that of JITCodeLibrary, which makes a module that would never be used.
        CodeLibrary.__init__(self, codegen, kept.library)
        self._intermediate_code = kept.intermediate_code
        self._shared_module = None
        engine = codegen._engine._ee
        engine.add_object_file(binding.ObjectFileRef.from_data(kept.machine_code))
        engine.finalize_object()
        self._finalized = True
        self._disable_inspection = True

    def _get_module_for_linking(self) -> Any:
        if self._shared_module is None:
            self._shared_module = binding.parse_bitcode(self._intermediate_code)
            self._codegen._engine._load_defined_symbols(self._shared_module)
        return self._shared_module

    def get_pointer_to_function(self, name: str) -> int:
        return int(self._codegen._engine.get_function_address(name))


def _kept(environment: Environment) -> _KeptEnvironment:
    module = environment.globals["__name__"]
    return _KeptEnvironment(environment.env_name, module, list(environment.consts))


def _restored(kept: _KeptEnvironment) -> Environment:
    known = lookup_environment(kept.name)
    if known is not None:
        return known
    restored = Environment(importlib.import_module(kept.module).__dict__)
    restored.consts[:] = kept.constants
    restored.env_name = kept.name
    Environment._memo[kept.name] = restored
    return restored


class _KernelForm(CompileResultCacheImpl):  # type: ignore[misc]
    """Turns kernels into what is kept of them, and back."""

    def check_cachable(self, cres: CompileResult) -> bool:
        # What runs again at each load, or returns to the interpreter, no kernel has.
        return super().check_cachable(cres) and not cres.lifted and not cres.reload_init

    def reduce(self, cres: CompileResult) -> _KeptKernel:
        library, description = cres.library, cres.fndesc
        name, _, (machine_code, intermediate_code) = library.serialize_using_object_code()
        description.typemap = description.calltypes = None  # as numba does: neither can be pickled
        used = [_kept(environment) for environment in cres._find_referenced_environments()]
        return _KeptKernel(
            name,
            machine_code,
            intermediate_code,
            description,
            cres.signature,
            _kept(cres.environment),
            # The others are hundreds: functions of numba's own, that refer to nothing.
            tuple(environment for environment in used if environment.constants),
        )

    def rebuild(self, target_context: Any, kept: _KeptKernel) -> CompileResult:
        library = _LoadedLibrary(target_context.codegen(), kept)
        environment = _restored(kept.environment)
        entry_point = target_context.get_executable(library, kept.description, environment)
        used = [_restored(each) for each in kept.used_environments]
        for each in used:
            library.codegen.set_env(each.env_name, each)
        return CompileResult(
            typing_context=target_context.typing_context,
            target_context=target_context,
            entry_point=entry_point,
            typing_error=None,
            type_annotation="",
            signature=kept.signature,
            objectmode=False,
            lifted=(),
            fndesc=kept.description,
            library=library,
            call_helper=None,
            environment=environment,
            metadata=None,
            reload_init=(),
            referenced_envs=used,
        )


@cache
def _stamp(file: str) -> tuple[str, int, int]:
    try:
        status = Path(file).stat()
    except OSError:  # from an archive, which numba looks at itself
        return file, 0, 0
    return Path(file).name, status.st_mtime_ns, status.st_size


@cache
def _name_runtime() -> None:
    """Tell LLVM where the functions of numba's runtime are, which manage memory."""
    for name, address in _nrt_python.c_helpers.items():
        binding.add_symbol(name if name.startswith("_") else f"NRT_{name}", address)


class _KernelFiles(IndexDataCacheFile):  # type: ignore[misc]
    """An index of kernels and their files, which may be damaged or another's.

    Two processes that compile for other types, from other sources or for other processors at one
    time choose the same name for a file, and the index of one may come to name the kernel of the
    other. So each file says what it holds. What cannot be read, be it cut short or another user's,
    is compiled anew.
    """

    def save(self, key: Any, data: _KeptKernel) -> None:
        super().save(key, (self._source_stamp, key, data))

    def load(self, key: Any) -> _KeptKernel | None:
        try:
            found = super().load(key)
            if found is None or found[:2] != (self._source_stamp, key):
                return None
            kernel: _KeptKernel = found[2]
        except Exception:  # damaged pickles raise nearly all that there is
            return None
        return kernel

    def _load_index(self) -> Any:
        try:
            return super()._load_index()
        except Exception:  # as above
            return {}


class KernelCache(FunctionCache):  # type: ignore[misc]
    """Numba's cache of one function, with kernels in the form of this module.

    Parameters
    ----------
    function : callable
        The function that is compiled.
    files : sequence of str
        All source files that it is compiled from. Numba looks at the function's own file alone:
        code of another one that has been compiled into it, and has changed since, would go on
        unseen, with other ideas of how arrays lie in memory.

    Raises
    ------
    RuntimeError
        Where no folder can be written to.
    """

    _impl_class = _KernelForm

    def __init__(self, function: Any, files: Sequence[str]) -> None:
        super().__init__(function)
        own = self._impl.locator.get_source_stamp()
        stamp = (_FORM, own, tuple(_stamp(file) for file in files))
        self._cache_file = _KernelFiles(self._cache_path, self._impl.filename_base, stamp)

    def load_overload(self, sig: Any, target_context: Any) -> CompileResult | None:
        """Load a kernel, without the compiler's registries.

        Before numba looks into its cache, it imports and registers everything that it can compile:
        .35 s in every process. Machine code only needs the names of its runtime's functions. A
        kernel that has to be compiled gets its registries nevertheless, as the compiler refreshes
        them itself.
        """
        _name_runtime()
        with self._guard_against_spurious_io_errors():
            return self._load_overload(sig, target_context)

    def save_overload(self, sig: Any, data: CompileResult) -> None:
        """Keep a kernel, or let it work without, because the cache's disk, or a quota, is full."""
        with suppress(OSError):
            super().save_overload(sig, data)
