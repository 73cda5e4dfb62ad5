"""What tells a process from all others of its machine, and of machines of the same name."""

import os
from pathlib import Path


def is_alive(process: int) -> bool:
    """Return whether a process of this machine works, by its number."""
    if process <= 0:  # for the system these are groups of processes
        return False
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError, ValueError):
        return False
    except PermissionError:  # it lives, and is somebody else's
        return True
    # One that was killed counts as a process until its parent asks for it.
    return _status(process)[:1] not in (["Z"], ["X"])


def _status(process: int) -> list[str]:
    """Return what Linux says of a process, from its state on; nothing on other systems."""
    try:
        text = Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    return text.rpartition(")")[2].split()  # the name of the program may hold blanks


def _boot() -> str | None:
    """Return what Linux calls the time since it was started; None on other systems."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return None


def namespace() -> str | None:
    """Return what the numbers of processes belong to here; None where the system does not tell."""
    try:
        own = str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        own = None
    # Namespaces of two machines may have the same number.
    return " ".join(filter(None, (_boot(), own))) or None


def started_at(process: int) -> str | None:
    """Return when a process of this machine started; None where the system does not tell."""
    boot, status = _boot(), _status(process)
    return None if boot is None or len(status) < 20 else f"{boot} {status[19]}"
