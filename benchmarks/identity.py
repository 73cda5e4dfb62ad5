"""Are the people of a video told apart? A stress video and videos of one person.

Videos of one person each are cut together in pieces, with everybody coming back, then shown side by
side and swapped (see :mod:`benchmarks.stress_video`). Faces are looked for in every few frames,
followed by a simple tracker, and joined into persons, with a face network and without. Identity is
scored by trackeval (``pip install trackeval``), on the frames looked at. The person of a frame of
the stress video is the most certain detection in each tile.

Then every video by itself: how many persons are seen in it, where there should be one.
"""

import argparse
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.face_samples import FaceSamples, Sampler, thumbnail
from benchmarks.simple_tracker import Track, cut_frames, follow, overlap, tracklet_of
from benchmarks.stress_video import StressFrame, plain_frames, stress_frames
from models import locate_models, models_folder
from models.locate import PACKAGE_FOLDER
from openface_core.analysis.engine import load_engine
from openface_core.face_networks import FaceNetwork, load_face_network_spec
from openface_core.identity import (
    IdentitySettings,
    Persons,
    Tracklet,
    join_tracklets,
    typical_appearance,
)
from openface_core.inference import OnnxSettings
from pipelines.configuration.config_file import load_settings

NETWORK_SPEC = PACKAGE_FOLDER / "network_specs" / "face_reid_0095.toml"
FRAME_RATE = 30.0

People = list[tuple[tuple[int, float, float], ...]]


@dataclass(frozen=True, eq=False)
class Recording:
    """What was seen in a video.

    Parameters
    ----------
    samples : FaceSamples
        Faces.
    people : list of tuple of (int, float, float)
        For each frame looked at, who is in which columns.
    step : int
        Every how many frames faces were looked for.
    """

    samples: FaceSamples
    people: People
    step: int

    def tracklets(self, with_network: bool) -> tuple[list[Track], list[Tracklet]]:
        """Follow the faces."""
        tracks = follow(self.samples)
        return tracks, [tracklet_of(self.samples, t, self.step, with_network) for t in tracks]


def record(frames: Iterable[StressFrame], sampler: Sampler, step: int) -> Recording:
    """Look for faces in every so many frames."""
    people: People = []

    def looked_at() -> Iterator[tuple[int, NDArray[np.uint8], float]]:
        before, change = None, 0.0
        for number, frame in enumerate(frames):
            small = thumbnail(frame.image)
            if before is not None:
                change = max(change, float(np.abs(small - before).mean()))
            before = small
            if number % step == 0:
                people.append(frame.people)
                yield number, frame.image, change
                change = 0.0

    samples = sampler.sample(looked_at())
    return Recording(samples, people, step)


def true_persons(recording: Recording) -> dict[int, int]:
    """Return the person of each sample that shows one: the most certain one of a tile."""
    samples, persons = recording.samples, {}
    centres = (samples.detected[:, 0] + samples.detected[:, 2]) / 2.0
    for frame, people in zip(samples.looked_at, recording.people, strict=True):
        for person, left, right in people:
            here = (samples.frame == frame) & (left <= centres) & (centres < right)
            rows = np.flatnonzero(here)
            if rows.size:
                persons[int(rows[np.argmax(samples.score[rows])])] = person
    return persons


def score(recording: Recording, tracks: Sequence[Track], persons: Persons) -> dict[str, float]:
    """Return IDF1 and HOTA of persons."""
    from trackeval.metrics import HOTA, Identity

    samples, truth = recording.samples, true_persons(recording)
    found = {
        row: label
        for track, label in zip(tracks, persons.labels, strict=True)
        for row in track.rows
        if label >= 0
    }
    true_numbers = {person: k for k, person in enumerate(sorted(set(truth.values())))}
    data: dict[str, Any] = {"gt_ids": [], "tracker_ids": [], "similarity_scores": []}
    for frame in samples.looked_at:
        rows = [int(k) for k in np.flatnonzero(samples.frame == frame)]
        true_rows, found_rows = [k for k in rows if k in truth], [k for k in rows if k in found]
        data["gt_ids"].append(np.array([true_numbers[truth[k]] for k in true_rows], dtype=int))
        data["tracker_ids"].append(np.array([found[k] for k in found_rows], dtype=int))
        alike = [
            [overlap(samples.detected[a], samples.detected[b]) for b in found_rows]
            for a in true_rows
        ]
        data["similarity_scores"].append(np.array(alike).reshape(len(true_rows), len(found_rows)))
    data |= {
        "num_timesteps": len(samples.looked_at),
        "num_gt_dets": len(truth),
        "num_tracker_dets": len(found),
        "num_gt_ids": len(true_numbers),
        "num_tracker_ids": persons.count,
    }
    identity = Identity({"PRINT_CONFIG": False}).eval_sequence(data)
    return {
        "IDF1": float(identity["IDF1"]),
        "HOTA": float(HOTA().eval_sequence(data)["HOTA"].mean()),
    }


def separation(recording: Recording, embeddings: NDArray[np.float32]) -> tuple[float, float]:
    """Return which cosines 1 % of one person's pairs miss, and 1 % of the others exceed.

    Parameters
    ----------
    recording : Recording
        The stress video.
    embeddings : (n, d) ndarray of float32
        One for each of its samples.
    """
    truth = true_persons(recording)
    rows = np.array(sorted(truth))
    people = np.array([truth[k] for k in sorted(truth)])
    cosines = embeddings[rows] @ embeddings[rows].T
    pairs = np.triu(np.ones(cosines.shape, dtype=np.bool_), 1)
    is_same = people[:, None] == people[None]
    return (
        float(np.quantile(cosines[pairs & is_same], 0.01)),
        float(np.quantile(cosines[pairs & ~is_same], 0.99)),
    )


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    result = argparse.ArgumentParser(prog="python -m benchmarks.identity", description=__doc__)
    result.add_argument("--videos", type=Path, nargs="+", required=True, metavar="V")
    result.add_argument("--face-network", type=Path, required=True, metavar="ONNX")
    result.add_argument("--models", metavar="PACK|DIR")
    result.add_argument("--config", metavar="NAME|FILE", default="default")
    result.add_argument("--rounds", type=int, default=3, help="default: %(default)s")
    result.add_argument("--piece-frames", type=int, default=60, help="default: %(default)s")
    result.add_argument("--every-frames", type=int, default=3, help="default: %(default)s")
    result.add_argument("--alone", action="store_true", help="each video by itself, too")
    return result


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, and print Markdown tables."""
    arguments = parser().parse_args(argv)
    settings = load_settings(arguments.config)
    engine = load_engine(locate_models(models_folder(arguments.models), settings.models), settings)
    network = FaceNetwork(
        load_face_network_spec(NETWORK_SPEC), arguments.face_network, OnnxSettings("cpu")
    )
    sampler = Sampler(engine, network)
    typical = typical_appearance(engine.image_models)
    frames = stress_frames(arguments.videos, arguments.rounds, arguments.piece_frames)
    recording = record(frames, sampler, arguments.every_frames)
    print(
        "| people | told apart by | threshold | persons | IDF1 | HOTA |\n|---|---|---|---|---|---|"
    )
    thresholds = {"network_threshold": True, "appearance_threshold": False}
    for name, with_network in thresholds.items():
        tracks, tracklets = recording.tracklets(with_network)
        default = getattr(IdentitySettings(), name)
        for threshold in (default - 0.1, default, default + 0.1):
            chosen = IdentitySettings(**{name: threshold})
            persons = join_tracklets(
                tracklets, chosen, FRAME_RATE, typical, cut_frames(recording.samples)
            )
            scores = score(recording, tracks, persons)
            print(
                f"| {len(arguments.videos)} | {name.partition('_')[0]} | {threshold:.2f} "
                f"| {persons.count} | {scores['IDF1']:.3f} | {scores['HOTA']:.3f} |"
            )
    samples = recording.samples
    for name, embeddings in (
        ("the landmarks", samples.embedding),
        ("the detector's five points", samples.embedding_of_detector),
    ):
        same, other = separation(recording, embeddings)
        print(f"Aligned by {name}: 1 % of the same below {same:.3f}, of others above {other:.3f}")
    for video in arguments.videos if arguments.alone else ():
        alone = record(plain_frames(video), sampler, arguments.every_frames)
        counts = [
            join_tracklets(
                alone.tracklets(w)[1],
                IdentitySettings(),
                FRAME_RATE,
                typical,
                cut_frames(alone.samples),
            ).count
            for w in (True, False)
        ]
        print(f"{video.name}: {counts[0]} with the network, {counts[1]} without")
    return 0


if __name__ == "__main__":
    sys.exit(main())
