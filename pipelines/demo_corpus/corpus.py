"""The demo corpus as files: clips, a broken one, and what happens in them as JSON."""

import errno
import os
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import av
import cv2

from openface_core.errors import ConfigError, OutputError
from pipelines.demo_corpus.clip_frames import clip_frames
from pipelines.demo_corpus.encoding import write_video
from pipelines.demo_corpus.face_rendering import FaceRenderer
from pipelines.demo_corpus.ground_truth import ground_truth_json
from pipelines.demo_corpus.script import CLIPS, TRUNCATED_NAME, Clip

CLIPS_FOLDER = "clips"
GROUND_TRUTH_NAME = "ground_truth.json"

_OF_STORAGE = frozenset(
    (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EACCES, errno.EPERM, errno.EROFS, errno.EIO)
)
"""What FFmpeg hands on from storage; the rest is of the encoders."""


@dataclass(frozen=True)
class Corpus:
    """Where a corpus is.

    Parameters
    ----------
    clips_folder : Path
        Holds the clips and nothing else.
    ground_truth : Path
        The JSON file.
    """

    clips_folder: Path
    ground_truth: Path


def write_corpus(output: Path, clips: Sequence[Clip] = CLIPS) -> Corpus:
    """Make the corpus; the same bytes every time, with the same versions of the libraries.

    Parameters
    ----------
    output : Path
        Folder; a corpus that is there is replaced.
    clips : sequence of Clip
        What to make; the truncated file is made of the first.

    Returns
    -------
    Corpus
        Where it is.

    Raises
    ------
    ConfigError
        If scikit-image is missing, or the folder of the clips holds other files.
    OutputError
        If it cannot be written.
    """
    corpus = Corpus(output / CLIPS_FOLDER, output / GROUND_TRUTH_NAME)
    try:
        _check_folder(corpus.clips_folder, {TRUNCATED_NAME, *(clip.name for clip in clips)})
        renderer = FaceRenderer()
        corpus.clips_folder.mkdir(parents=True, exist_ok=True)
        # A file appears whole or not at all.
        with tempfile.TemporaryDirectory(dir=output, prefix=".making-") as folder:
            made = Path(folder)
            with _opencv_on_one_thread(), ThreadPoolExecutor(os.cpu_count()) as pool:
                # The longest first, so that no thread is left with it in the end.
                longest_first = sorted(clips, key=_cost, reverse=True)
                list(pool.map(lambda clip: _make(clip, renderer, made), longest_first))
            _truncate(made / clips[0].name, made / TRUNCATED_NAME)
            (made / GROUND_TRUTH_NAME).write_text(
                ground_truth_json(clips, renderer.mesh), encoding="utf-8"
            )
            for clip in clips:
                (made / clip.name).replace(corpus.clips_folder / clip.name)
            (made / TRUNCATED_NAME).replace(corpus.clips_folder / TRUNCATED_NAME)
            (made / GROUND_TRUTH_NAME).replace(corpus.ground_truth)
    except (av.FFmpegError, OSError) as error:
        if isinstance(error, av.FFmpegError) and error.errno not in _OF_STORAGE:
            raise OutputError(
                output, f"a clip cannot be encoded ({error.strerror})", "Install the wheel of PyAV."
            ) from error
        raise OutputError(
            output, f"cannot be written ({error.strerror})", "Name another folder with --output."
        ) from error
    return corpus


@contextmanager
def _opencv_on_one_thread() -> Iterator[None]:
    """Keep OpenCV's own threads, which wait busily, out of the way of those that make clips."""
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(threads)


def _check_folder(folder: Path, names: set[str]) -> None:
    found = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
    if others := {name for name in found - names if not name.startswith(".")}:
        raise ConfigError(
            folder,
            f"the folder holds other files, as {min(others)}",
            "Name a new folder with --output.",
        )


def _cost(clip: Clip) -> int:
    return clip.width_px * len(clip.frame_times_s())


def _make(clip: Clip, renderer: FaceRenderer, folder: Path) -> None:
    write_video(
        folder / clip.name,
        clip_frames(clip, renderer),
        clip.frame_times_s(),
        frame_rate=clip.frame_rate,
        encoder=clip.encoder,
        turned=clip.turned,
    )


def _truncate(whole: Path, truncated: Path) -> None:
    """Write the first half of a file, which an interrupted copy would leave."""
    content = whole.read_bytes()
    truncated.write_bytes(content[: len(content) // 2])
