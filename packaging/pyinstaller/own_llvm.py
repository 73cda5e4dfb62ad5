"""llvmlite's library with LLVM for this processor alone, in place of the wheel's for all of them.

The wheel's knows seventeen kinds of processors, of which kernels are compiled for one. This one is
linked from the sources of the same llvmlite and Debian's static LLVM (the package ``llvm-15-dev``),
takes a third of the space, and a minute to make. Linux only.
"""

import os
import platform
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

LLVM_CONFIG = "llvm-config-15"
"""Of the LLVM that the llvmlite of ``constraints.txt`` is made for."""

_PROCESSORS = {"x86_64": "X86", "aarch64": "AArch64"}
_PARTS = {  # LLVM's lists of what it was built with, each by the macro of its lines
    "Targets": "LLVM_TARGET",
    "AsmPrinters": "LLVM_ASM_PRINTER",
    "AsmParsers": "LLVM_ASM_PARSER",
    "Disassemblers": "LLVM_DISASSEMBLER",
    "TargetMCAs": "LLVM_TARGETMCA",
}

_TERMINAL = """\
#define HIDDEN __attribute__((visibility("hidden")))
HIDDEN int setupterm(const char *name, int file, int *error) { return -1; }
HIDDEN void *set_curterm(void *terminal) { return 0; }
HIDDEN int del_curterm(void *terminal) { return 0; }
HIDDEN int tigetnum(const char *capability) { return -1; }
"""
"""In place of ncurses, which LLVM asks whether a terminal has colours; kernels print nothing."""


def replace_llvm(inside: Path) -> None:
    """Put a library for this processor in place of the wheel's.

    Parameters
    ----------
    inside : Path
        The folder of the application's libraries.
    """
    with tempfile.TemporaryDirectory(prefix="openface-beam-llvm-") as work:
        sources = _sources(Path(work))
        headers = _headers(Path(work))
        (inside / "llvmlite/binding/libllvmlite.so").write_bytes(_linked(sources, headers))


def _sources(work: Path) -> Path:
    """Return the folder of llvmlite's C++ sources, of the version that is installed."""
    wanted = f"llvmlite=={version('llvmlite')}"
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
    _run(*pip, "--no-binary=llvmlite", f"--dest={work}", wanted)
    (archive,) = work.glob("llvmlite-*.tar.gz")
    _run("tar", "--extract", f"--file={archive}", f"--directory={work}")
    return next(work.glob("llvmlite-*/ffi"))


def _headers(work: Path) -> Path:
    """Write LLVM's lists again, with this processor alone; what is not listed is not linked."""
    processor = _PROCESSORS[platform.machine()]
    folder = work / "include" / "llvm" / "Config"
    folder.mkdir(parents=True)
    for name, macro in _PARTS.items():
        (folder / f"{name}.def").write_text(f"{macro}({processor})\n#undef {macro}\n")
    return work / "include"


def _linked(sources: Path, headers: Path) -> bytes:
    libraries = _asked("--link-static", "--libs", "all").split()
    terminal = sources / "terminal.o"
    terminal.with_suffix(".c").write_text(_TERMINAL)
    _run("cc", "-c", "-fPIC", str(terminal.with_suffix(".c")), "-o", str(terminal))
    values = {
        "CPPFLAGS": f"-I{headers}",
        "LLVM_CXXFLAGS": f"{_asked('--cxxflags')} -fno-rtti -O2",
        "LLVM_LDFLAGS": f"{_asked('--ldflags')} -Wl,--gc-sections -Wl,-z,defs",
        # Debian has no static library of Polly, which llvmlite does not use. Python brings zlib.
        "LLVM_LIBS": " ".join(
            [*(name for name in libraries if "Polly" not in name), terminal.name, "-l:libz.so.1"]
        ),
    }
    words = [f"{name}={value}" for name, value in values.items()]
    _run("make", f"-j{os.cpu_count()}", f"--directory={sources}", "-f", "Makefile.linux", *words)
    return (sources / "libllvmlite.so").read_bytes()


def _asked(*options: str) -> str:
    return _run(LLVM_CONFIG, *options).strip()


def _run(*command: str) -> str:
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout  # noqa: S603 - no shell
