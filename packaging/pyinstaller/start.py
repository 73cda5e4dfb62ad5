"""What the application folder starts."""

import multiprocessing
import os

from platformdirs import user_cache_path

if __name__ == "__main__":
    multiprocessing.freeze_support()
    # The folder may be read-only, or belong to somebody else: compiled kernels are the user's own.
    kernels = user_cache_path("openface-beam", appauthor=False) / "kernels"
    os.environ.setdefault("NUMBA_CACHE_DIR", str(kernels))

    from pipelines.cli import script

    script()
