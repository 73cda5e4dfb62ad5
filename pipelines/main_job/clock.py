"""When a run began."""

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class RunClock:
    """Tells how long a run takes, from its making on.

    Parameters
    ----------
    begin : datetime
        When it began, with time zone.
    began_seconds : float
        The same on the monotonic clock.
    """

    begin: datetime = field(default_factory=_now)
    began_seconds: float = field(default_factory=time.monotonic)

    def seconds(self) -> float:
        """Return the wall time since then."""
        return time.monotonic() - self.began_seconds
