"""What dynamic action units are worth where few frames calibrate them.

Every video is analysed once. Clips of n of its frames, which begin at several places, are then
calibrated as if they were all there is, and their values compared with those that the same frames
have in the whole video. So are those of the static models, which need no calibration: where they
come nearer, the medians of a clip are worth nothing.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.embedded_agreement import load_analyser
from openface_core.action_units.models import ActionUnitModels
from openface_core.action_units.tracker import ActionUnitSeries, ActionUnitTracker
from openface_core.analysis.analyser import Analyser
from openface_core.faces import Face
from openface_core.media import open_media

LENGTHS = (1, 2, 3, 5, 8, 12, 20, 30, 45, 60, 90, 150, 300)
_PLACES = (0.0, 0.25, 0.5, 0.75)
"""Where clips begin, as shares of the video."""
_LEAST_LENGTHS = 2
"""A video is compared with clips of at most half its length."""


@dataclass
class Pooled:
    """Values of the frames of all clips of one length.

    Parameters
    ----------
    clip, static, whole : list of ndarray
        Intensities of dynamic models, (n, r) each: in the clip, by static models, in the video.
    clip_present, static_present, whole_present : list of ndarray
        Presences of dynamic models, (n, c) each.
    """

    clip: list[NDArray[np.float64]] = field(default_factory=list)
    static: list[NDArray[np.float64]] = field(default_factory=list)
    whole: list[NDArray[np.float64]] = field(default_factory=list)
    clip_present: list[NDArray[np.bool_]] = field(default_factory=list)
    static_present: list[NDArray[np.bool_]] = field(default_factory=list)
    whole_present: list[NDArray[np.bool_]] = field(default_factory=list)


def measured_faces(analyser: Analyser, video: Path, limit: int) -> list[Face]:
    """Return the one face of each frame of a video, measured or not."""
    faces: list[Face] = []
    source = analyser.faces()
    with open_media(str(video)) as media:
        for index, frame in enumerate(media):
            if index == limit:
                break
            (face,) = source.observe(frame).faces.values()
            faces.append(source.meter.measure(frame.image, face))
    return faces


def tracked(models: ActionUnitModels, faces: Sequence[Face]) -> ActionUnitSeries:
    """Return the action units of faces that are all there is of a person."""
    tracker = ActionUnitTracker(models)
    for face in faces:
        if face.is_measured:
            tracker.add(face.fhog, face.geometry)
        else:
            tracker.add_failure()
    return tracker.finish()


def clips_of(frame_count: int, length: int) -> Iterator[slice]:
    """Yield where the clips of a length lie in a video."""
    if length * _LEAST_LENGTHS > frame_count:
        return
    for share in _PLACES:
        begin = int(share * (frame_count - length))
        yield slice(begin, begin + length)


def add_video(analyser: Analyser, faces: Sequence[Face], pooled: dict[int, Pooled]) -> None:
    """Compare the clips of a video with the whole of it."""
    models, static_models = analyser.engine.video_models, analyser.engine.image_models
    whole, static = tracked(models, faces), tracked(static_models, faces)
    count = len(models.intensity)
    regressed, deciding = models.is_dynamic[:count], models.is_dynamic[count:]
    for length, pool in pooled.items():
        for place in clips_of(len(faces), length):
            clip = tracked(models, faces[place])
            success = clip.success
            if not success.all():
                continue
            pool.clip.append(clip.intensities[:, regressed])
            pool.static.append(static.intensities[place][:, regressed])
            pool.whole.append(whole.intensities[place][:, regressed])
            pool.clip_present.append(clip.presences[:, deciding])
            pool.static_present.append(static.presences[place][:, deciding])
            pool.whole_present.append(whole.presences[place][:, deciding])


def mean_correlation(found: NDArray[np.float64], wanted: NDArray[np.float64]) -> float:
    """Return the mean over columns of the correlation; 0 for a column that does not vary."""
    values = []
    for k in range(wanted.shape[1]):
        if not wanted[:, k].std():
            continue
        varies = bool(found[:, k].std())
        values.append(float(np.corrcoef(found[:, k], wanted[:, k])[0, 1]) if varies else 0.0)
    return float(np.mean(values))


def mean_kappa(found: NDArray[np.bool_], wanted: NDArray[np.bool_]) -> float:
    """Return the mean over columns of Cohen's kappa."""
    values = []
    for k in range(wanted.shape[1]):
        a, b = found[:, k], wanted[:, k]
        chance = a.mean() * b.mean() + (1 - a.mean()) * (1 - b.mean())
        if chance < 1:
            values.append((float((a == b).mean()) - chance) / (1 - chance))
    return float(np.mean(values))


def row(length: int, pool: Pooled) -> str:
    """Return one row of the table."""
    clip, static, whole = map(np.concatenate, (pool.clip, pool.static, pool.whole))
    here, still, there = map(
        np.concatenate, (pool.clip_present, pool.static_present, pool.whole_present)
    )
    cells = (
        f"{length}",
        f"{(length + 1) // 2}",
        f"{len(pool.clip)}",
        f"{mean_correlation(clip, whole):.2f}",
        f"{mean_correlation(static, whole):.2f}",
        f"{np.abs(clip - whole).mean():.2f}",
        f"{np.abs(static - whole).mean():.2f}",
        f"{100 * (clip == 0).mean():.0f}",
        f"{100 * (whole == 0).mean():.0f}",
        f"{mean_kappa(here, there):.2f}",
        f"{mean_kappa(still, there):.2f}",
    )
    return "| " + " | ".join(cells) + " |"


HEADER = (
    "| frames | of the medians | clips | r | r, static | difference | difference, static "
    "| zeros, % | zeros in the video, % | kappa | kappa, static |"
)


def parser(name: str, description: str | None) -> argparse.ArgumentParser:
    """Return the parser of the command line of a benchmark that measures faces of videos."""
    result = argparse.ArgumentParser(prog=f"python -m benchmarks.{name}", description=description)
    result.add_argument("--videos", type=Path, nargs="+", required=True, metavar="V")
    result.add_argument("--models", metavar="PACK|DIR", help="default: the environment's")
    result.add_argument("--config", metavar="FILE", required=True, help="with faces.select = main")
    result.add_argument("--frames", type=int, default=900, help="of each video at most")
    return result


def main(argv: Sequence[str] | None = None) -> int:
    """Compare, and print a Markdown table."""
    arguments = parser("short_calibration", __doc__).parse_args(argv)
    analyser = load_analyser(arguments.config, arguments.models)
    pooled = {length: Pooled() for length in LENGTHS}
    for video in arguments.videos:
        faces = measured_faces(analyser, video, arguments.frames)
        print(video.name, len(faces), sum(face.is_measured for face in faces), file=sys.stderr)
        add_video(analyser, faces, pooled)
    print(HEADER)
    print("|---" * HEADER.count("|", 1) + "|")
    for length, pool in pooled.items():
        if pool.clip:
            print(row(length, pool))
    return 0


if __name__ == "__main__":
    sys.exit(main())
