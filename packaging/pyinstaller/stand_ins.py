"""Small libraries in place of large ones that others are linked with and nothing here calls.

Wheels bring whole libraries for features that this program does not use: OpenCV's own FFmpeg and
OpenBLAS, encoders of PyAV's FFmpeg. The loader wants the files and their symbols; a stand-in has
both, and each of its functions ends the process with a line that names the library. Linux only.
"""

import subprocess
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

UNUSED = (
    # cv2.VideoCapture and VideoWriter: PyAV reads and writes videos here.
    "opencv_python_headless.libs/libavcodec-*",
    "opencv_python_headless.libs/libavformat-*",
    "opencv_python_headless.libs/libavutil-*",
    "opencv_python_headless.libs/libswscale-*",
    "opencv_python_headless.libs/libopenblas*",  # cv2's matrix algebra: NumPy does it here
    "opencv_python_headless.libs/libaom-*",  # AVIF images, which are refused
    "av.libs/libSvtAv1Enc-*",  # encoders; overlays are H.264
    "av.libs/libx265-*",
    "pyarrow/libarrow_substrait.so.*",
)
"""Libraries that stand-ins replace, as patterns below the folder of the application."""

_ANSWERED = ("x265_api_get_",)
"""Starts of names of functions that FFmpeg calls when it is loaded; NULL says: not supported."""

_SOURCE_HEAD = """\
#include <stdio.h>
#include <stdlib.h>
static void absent(void) { fputs("error: %s is not part of this application\\n", stderr); abort(); }
"""


def replace_unused(inside: Path) -> None:
    """Put stand-ins in place of unused libraries, and remove what only those needed."""
    users = list(_libraries(inside))
    for pattern in UNUSED:
        for library in inside.glob(pattern):
            if not library.is_symlink():
                _replace(library, [user for user in users if user != library])
    for folder in ("opencv_python_headless.libs", "av.libs"):
        _remove_orphans(inside, inside / folder)
    for link in inside.rglob("*"):
        if link.is_symlink() and not link.exists():
            link.unlink()


def _libraries(folder: Path) -> Iterable[Path]:
    return (f for f in folder.rglob("*.so*") if f.is_file() and not f.is_symlink())


def _output(*command: str) -> list[str]:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()  # noqa: S603 - no shell


def _symbols(library: Path, kind: str) -> dict[str, tuple[str, str]]:
    """Return type and version of symbols that a library defines or wants, by name."""
    found = {}
    for line in _output("nm", "-D", "--with-symbol-versions", kind, str(library)):
        *_, type_, name = line.split()
        plain, _, version = name.partition("@")
        found[plain] = (type_, version.lstrip("@"))
    return found


def _needed(library: Path) -> set[str]:
    lines = _output("readelf", "-dW", str(library))
    return {line.split("[")[1].rstrip("]") for line in lines if "(NEEDED)" in line}


def _replace(library: Path, others: Sequence[Path]) -> None:
    users = [other for other in others if library.name in _needed(other)]
    wanted = {name for user in users for name in _symbols(user, "--undefined-only")}
    offered = _symbols(library, "--defined-only")
    versions: dict[str, list[str]] = defaultdict(list)
    lines = [_SOURCE_HEAD % library.name.partition("-")[0]]
    for name in sorted(wanted & offered.keys()):
        type_, version = offered[name]
        if type_ not in "TtWwi":
            lines.append(f"char {name}[4096];")
        elif name.startswith(_ANSWERED):
            lines.append(f"void *{name}(void) {{ return NULL; }}")
        else:
            lines.append(f"void {name}(void) {{ absent(); }}")
        versions[version].append(name)
    script = [
        f"{version} {{ global: {' '.join(f'{name};' for name in names)} }};"
        for version, names in versions.items()
        if version
    ]
    with tempfile.TemporaryDirectory() as work:
        source, exports = Path(work) / "stand_in.c", Path(work) / "exports.map"
        source.write_text("\n".join(lines) + "\n")
        exports.write_text("\n".join(script) + "\n")
        command = [
            "cc",
            "-shared",
            "-fPIC",
            "-Os",
            "-w",
            "-fno-builtin",
            f"-Wl,-soname,{library.name}",
        ]
        command += [f"-Wl,--version-script={exports}"] if script else []
        library.unlink()
        subprocess.run([*command, "-s", "-o", str(library), str(source)], check=True)  # noqa: S603


def _remove_orphans(inside: Path, folder: Path) -> None:
    """Remove the libraries of a wheel's folder that no other library needs any longer."""
    while True:
        needed = {name for library in _libraries(inside) for name in _needed(library)}
        orphans = [f for f in folder.glob("*.so*") if f.name not in needed]
        if not orphans:
            return
        for orphan in orphans:
            orphan.unlink()
