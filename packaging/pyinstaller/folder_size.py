"""How large the application folder is, and may be."""

from pathlib import Path

MAX_MB = 450
"""OpenCV is 75 of them, Arrow 75, FFmpeg 46, NumPy with OpenBLAS 42, LLVM 38, onnxruntime 37."""


def size_mb(folder: Path) -> float:
    """Return the size of the files in a folder, in millions of bytes."""
    sizes = (f.stat().st_size for f in folder.rglob("*") if f.is_file() and not f.is_symlink())
    return sum(sizes) / 1e6
