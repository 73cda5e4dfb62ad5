"""Places in a video, named by the numbers of frames, as warnings tell them."""

# Places so near to each other are one.
_NEAR = 3
_TOLD_ONE_BY_ONE = 5


class Places:
    """Frames around which something was wrong, in the order of decoding."""

    def __init__(self) -> None:
        self._ranges: list[list[int]] = []

    def add(self, frame: int) -> None:
        """Note a frame, by its 1-based number; 0 is the place before the first."""
        if self._ranges and 0 <= frame - self._ranges[-1][1] <= _NEAR:
            self._ranges[-1][1] = frame
        else:
            self._ranges.append([frame, frame])

    def __bool__(self) -> bool:
        return bool(self._ranges)

    def __str__(self) -> str:
        """Return such as ``frame 7``, or ``frames 7, 20-31 and 2 more places``."""
        told = [
            str(first) if first == last else f"{first}-{last}"
            for first, last in self._ranges[:_TOLD_ONE_BY_ONE]
        ]
        more = len(self._ranges) - len(told)
        if more:
            told.append(f"{more} more places")
        word = "frame" if len(told) == 1 and told[0].isdecimal() else "frames"
        return f"{word} {' and '.join(filter(None, [', '.join(told[:-1]), told[-1]]))}"
