"""What the application folder starts."""

import multiprocessing
import os
import runpy
import sys
from contextlib import suppress

from platformdirs import user_cache_path


def _keep_kernels_in_the_users_folder() -> None:
    """Let numba keep compiled kernels where the user may write; the folder may be read-only."""
    with suppress(RuntimeError):  # the user is unknown and has no home
        kernels = user_cache_path("openface-beam", appauthor=False) / "kernels"
        os.environ.setdefault("NUMBA_CACHE_DIR", str(kernels))


def _start() -> None:
    if sys.argv[1:2] == ["-m"]:  # Beam's workers and `profile` start Python processes
        del sys.argv[:2]
        runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
        return
    from pipelines.cli import script

    script()


if __name__ == "__main__":
    multiprocessing.freeze_support()
    _keep_kernels_in_the_users_folder()
    _start()
