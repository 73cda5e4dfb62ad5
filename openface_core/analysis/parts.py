"""The features of an input that is analysed in one go, kept on disk once they are many."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from openface_core.shards import ShardFeatures, read_features, write_features

PART_FRAMES = 1000
"""So many frames are gathered in memory before they are kept as a part, 10 MB."""

_IN_MEMORY = 2


class KeptParts:
    """Parts of an input, in order; a context manager, at whose end they are gone.

    The first parts stay in memory; with more of them, which is a minute of video, all go to files
    of a temporary folder, so that memory does not grow with the length of a video.
    """

    def __init__(self) -> None:
        self._kept: list[ShardFeatures | Path] = []
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._kept.clear()
        if self._folder is not None:
            self._folder.cleanup()

    def add(self, features: ShardFeatures) -> None:
        """Keep the next part."""
        if len(self._kept) < _IN_MEMORY:
            self._kept.append(features)
            return
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="openface-beam-features-")
        path = Path(self._folder.name) / f"{len(self._kept):06}.features"
        with path.open("wb") as file:
            write_features(file, features)
        self._kept.append(path)
        self._extent = features.extent

    def __len__(self) -> int:
        return len(self._kept)

    def __getitem__(self, number: int) -> ShardFeatures:
        part = self._kept[number]
        if isinstance(part, ShardFeatures):
            return part
        with part.open("rb") as file:
            return read_features(file, self._extent)

    def __iter__(self) -> Iterator[ShardFeatures]:
        return (self[number] for number in range(len(self)))
