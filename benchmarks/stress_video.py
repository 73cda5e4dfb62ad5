"""A video whose people are known: videos of one person each, cut together in pieces.

First come pieces of all videos in turn, several times over, so that everybody leaves at a scene cut
and comes back. Then pairs are shown side by side, and swapped in the middle.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from openface_core.media import open_media

TILE_PX = 480
_MAX_FRAMES = 600

Image = NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class StressFrame:
    """One frame.

    Parameters
    ----------
    image : (480, 960, 3) ndarray of uint8
    people : tuple of (int, float, float)
        Number of each person, and the columns between which the tile lies.
    """

    image: Image
    people: tuple[tuple[int, float, float], ...]


def read_tiles(video: Path) -> list[Image]:
    """Return the first frames of a video, shrunk or enlarged to fit a square tile."""
    tiles = []
    with open_media(str(video)) as media:
        for frame in islice(media, _MAX_FRAMES):
            height, width = frame.image.shape[:2]
            scale = TILE_PX / max(height, width)
            size = max(1, round(width * scale)), max(1, round(height * scale))
            small = cv2.resize(frame.image, size, interpolation=cv2.INTER_AREA)
            tile = np.zeros((TILE_PX, TILE_PX, 3), dtype=np.uint8)
            y, x = (TILE_PX - size[1]) // 2, (TILE_PX - size[0]) // 2
            tile[y : y + size[1], x : x + size[0]] = small
            tiles.append(tile)
    return tiles


def _canvas(tiles: Sequence[tuple[int, Image, int]]) -> StressFrame:
    image = np.zeros((TILE_PX, 2 * TILE_PX, 3), dtype=np.uint8)
    people = []
    for person, tile, x in tiles:
        image[:, x : x + TILE_PX] = tile
        people.append((person, float(x), float(x + TILE_PX)))
    return StressFrame(image, tuple(people))


def stress_frames(videos: Sequence[Path], rounds: int, piece_frames: int) -> Iterator[StressFrame]:
    """Yield the frames of the stress video.

    Parameters
    ----------
    videos : sequence of path
        Each shows one person, another one than the others.
    rounds : int
        How often everybody comes.
    piece_frames : int
        Length of a piece at most.
    """
    tiles = [read_tiles(video) for video in videos]
    for k in range(rounds):
        for person, frames in enumerate(tiles):
            share = len(frames) // rounds
            for tile in frames[k * share : k * share + min(share, piece_frames)]:
                yield _canvas([(person, tile, TILE_PX // 2)])
    for a in range(0, len(tiles) - 1, 2):
        count = min(len(tiles[a]), len(tiles[a + 1]), 2 * piece_frames)
        for k in range(count):
            left, right = (a, a + 1) if k < count // 2 else (a + 1, a)
            yield _canvas([(left, tiles[left][k], 0), (right, tiles[right][k], TILE_PX)])


def plain_frames(video: Path) -> Iterator[StressFrame]:
    """Yield the first frames of a video of one person as they are."""
    with open_media(str(video)) as media:
        for frame in islice(media, _MAX_FRAMES):
            yield StressFrame(frame.image, ((0, 0.0, float(frame.image.shape[1])),))
