"""Videos, pictures and folders of pictures of every kind that is read."""

import random
from pathlib import Path

import cv2
import numpy as np

from openface_core.media import DecodeLimits, index_frames, open_media, promised_frame_count
from openface_core.media.gaps import gap_warnings
from openface_core.media.remedies import remedy_of
from tests.fixtures.media.containers import KINDS
from tests.fixtures.media.decoding import decode, decode_in_parts
from tests.fixtures.media.numbered_frames import numbered_frames
from tests.fixtures.media.several_pictures import animated_png, animated_webp
from tests.fixtures.media.writing import write_audio, write_video
from tests.fixtures.mutation import mutated
from tests.fuzz.plain import plain_errors

FRAMES = 24
LIMITS = DecodeLimits(
    max_pixels=2**21, io_timeout_seconds=5, frame_timeout_seconds=5, max_corrupt_packets=100
)
_MOST_FRAMES = 500
_PICTURES = (".jpg", ".png", ".webp", ".tif", ".bmp")


def prepare(folder: Path) -> None:
    """Write a file of every kind."""
    for name, kind in KINDS.items():
        (folder / name).mkdir()
        kind.write(folder / name, FRAMES)
    pictures = folder / "pictures"
    pictures.mkdir()
    images = numbered_frames(5)
    for suffix in _PICTURES:
        assert cv2.imwrite(str(pictures / f"a{suffix}"), images[0])
    assert cv2.imwritemulti(str(pictures / "pages.tif"), images)
    (pictures / "film.png").write_bytes(animated_png(images, delay_ms=40))
    (pictures / "film.webp").write_bytes(animated_webp(images))
    write_audio(pictures / "sound.mp4")
    turned = {"rotation": 90, "audio_seconds": 1.0}
    write_video(pictures / "turned.mp4", images, **turned)  # type: ignore[arg-type]


def case(folder: Path, work: Path, chance: random.Random) -> None:
    """Damage a file, and do with it all that a run does before faces are looked for."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    path = chance.choice(files)
    content = mutated(path.read_bytes(), chance)
    suffix = chance.choice(files).suffix if chance.random() < 0.1 else path.suffix
    target = work / f"a{suffix}"
    if chance.random() < 0.05:
        target = work / "folder" / f"a{chance.choice(_PICTURES)}"
        target.parent.mkdir()
    target.write_bytes(content)
    uri = str(target.parent if target.parent != work else target)
    with plain_errors():
        promised_frame_count(uri, LIMITS)
    with plain_errors():
        _read(uri)
    with plain_errors():
        index = index_frames(uri, LIMITS)
        if index.unsafe_reason is None:
            keys = index.pts[index.is_key].tolist()
            cuts = chance.sample(keys, min(2, len(keys)))
            assert decode_in_parts(uri, cuts) == decode(uri), "parts differ from the whole"


def _read(uri: str) -> None:
    with open_media(uri, limits=LIMITS) as media:
        times = []
        for count, frame in enumerate(media):
            assert frame.index == count
            assert frame.image.dtype == np.uint8
            assert frame.image.ndim == 3
            assert frame.image.shape[2] == 3
            assert frame.image.flags.c_contiguous
            assert frame.image.size <= 3 * LIMITS.max_pixels
            times.append(np.nan if frame.pts_seconds is None else frame.pts_seconds)
            if count == _MOST_FRAMES:
                break
        for warning in (*media.warnings, *gap_warnings(media.info, np.array(times))):
            assert warning.isprintable(), repr(warning)
            assert remedy_of(warning).endswith(".")
