"""Manifests and files of landmarks, as texts and as Parquet."""

import random
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from openface_core.landmarks.files import read_landmarks
from tests.fixtures.faces.clips import face_clip, landmark_table
from tests.fixtures.mutation import encoded, mutated, mutated_text
from tests.fuzz.plain import plain_errors
from transforms.plan.inputs import expand_inputs
from transforms.plan.manifest import read_manifest

_ROWS = (
    ("video_id", "uri", "person_id", "rest_seconds", "rest_frames", "landmarks"),
    ("a", "a.mp4", "p1", "0-10.5; 60-65", "", "a.csv"),
    ("007", "sub/b.mp4", "p1", "", "1-150; 300-420", "points/b.parquet"),
    ("Mueller", "file:///data/c.mp4", "", "", "", ""),
    ("2024-01-01", "\\\\server\\d.mp4", "p2", "1-2", "3-4", ""),
)


def prepare(folder: Path) -> None:
    """Write the tables as Parquet, and landmarks as CSV."""
    header, *rows = _ROWS
    columns = {name: [row[k] for row in rows] for k, name in enumerate(header)}
    import pyarrow as pa

    pq.write_table(pa.table(columns), folder / "manifest.parquet")
    points = landmark_table(np.asarray(face_clip(2)[1]))
    pq.write_table(points, folder / "points.parquet")
    points.to_pandas().to_csv(folder / "points.csv", index=False)


def _content(folder: Path, what: str, chance: random.Random) -> bytes:
    if chance.random() < 0.25:
        return mutated((folder / f"{what}.parquet").read_bytes(), chance)
    if what == "manifest":
        separator = chance.choice([",", ";", "\t", ", "])
        text = "\n".join(separator.join(row) for row in _ROWS) + chance.choice(["", "\n", "\n,,\n"])
    else:
        text = (folder / "points.csv").read_text()
    content = encoded(mutated_text(text, chance), chance)
    return mutated(content, chance) if chance.random() < 0.5 else content


def case(folder: Path, work: Path, chance: random.Random) -> None:
    """Read a damaged manifest, or damaged landmarks."""
    what = chance.choice(["manifest", "manifest", "points"])
    path = work / f"{what}{chance.choice(['.csv', '.csv', '.parquet'])}"
    path.write_bytes(_content(folder, what, chance))
    if what == "manifest":
        with plain_errors():
            for task in read_manifest(str(path)):
                assert task.video_id
                assert task.uri
        with plain_errors():
            expand_inputs((str(path),))
        return
    with plain_errors():
        landmarks = read_landmarks(str(path))
        for index in range(min(landmarks.frame_count, 10)):
            points = landmarks.frame(index)
            assert points is None or np.isfinite(points).all()
