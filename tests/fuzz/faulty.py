"""Cases that go wrong in every way, for the test of the driver."""

import os
import random
import time
from pathlib import Path


def case(folder: Path, work: Path, chance: random.Random) -> None:
    """Go wrong in the way whose turn it is, by the file ``turns``."""
    turns = folder / "turns"
    way, *later = turns.read_text().split()
    turns.write_text(" ".join(later))
    if way == "raises":
        raise ZeroDivisionError
    if way == "crashes":
        os.abort()
    if way == "hangs":
        time.sleep(10**6)
