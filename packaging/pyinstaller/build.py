"""Make the application folder: ``python packaging/pyinstaller/build.py --output DIR``.

It needs an environment with the installed package (not an editable one), its extra ``demo`` and
PyInstaller; on Linux also a C++ compiler and Debian's package ``llvm-15-dev``. The result is for
the kind of system that it was made on.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from folder_size import MAX_MB, size_mb
from own_llvm import replace_llvm
from stand_ins import replace_unused

HERE = Path(__file__).resolve().parent

STRIPPED = (
    "apache_beam", "av", "cryptography", "fastavro", "grpc", "llvmlite", "pyarrow", "python3.*",
    "yaml", "zstandard",
)  # fmt: skip
"""Folders whose libraries lose their symbols for debuggers; OpenBLAS, in others, would break."""


def build(output: Path) -> Path:
    """Return the application folder, made anew in an output folder."""
    with tempfile.TemporaryDirectory(prefix="openface-beam-pyinstaller-") as work:
        command = [
            *(sys.executable, "-m", "PyInstaller", "--noconfirm", "--log-level=WARN"),
            *("--distpath", str(output), "--workpath", work, str(HERE / "openface-beam.spec")),
        ]
        # Not from the checkout, whose packages would hide the installed ones.
        subprocess.run(command, cwd=work, check=True)  # noqa: S603 - no shell
    return output / "openface-beam"


def strip(folder: Path) -> None:
    """Take the symbols for debuggers off libraries, a fifth of the folder, on Linux."""
    inside = folder / "_internal"
    folders = [folder for name in STRIPPED for folder in inside.glob(name)]
    found = (
        f for pattern in ("*.so", "*.so.*") for folder in folders for f in folder.rglob(pattern)
    )
    for library in [*filter(Path.is_file, found), *inside.glob("libpython*")]:
        subprocess.run(["strip", "--strip-unneeded", str(library)], check=True)  # noqa: S603, S607


def main() -> int:
    """Build, and fail if the folder is larger than it may be."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, required=True, metavar="DIR")
    folder = build(parser.parse_args().output.resolve())
    if sys.platform == "linux":
        replace_llvm(folder / "_internal")
        replace_unused(folder / "_internal")
        strip(folder)
    size = size_mb(folder)
    sys.stdout.write(f"{folder}: {size:.0f} MB\n")
    return 0 if size <= MAX_MB else 1


if __name__ == "__main__":
    sys.exit(main())
