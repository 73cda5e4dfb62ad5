"""What the launcher of the Dataflow template runs: the main job, handed over without waiting."""

import sys

from pipelines.command import leave
from pipelines.run import main

if __name__ == "__main__":
    leave(main([*sys.argv[1:], "--no_wait_until_finish"]))
