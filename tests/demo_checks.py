"""What must hold for a measured demo corpus, whatever the models."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from pipelines.demo_corpus.arguments import RESULTS_FOLDER
from pipelines.demo_corpus.face_mesh import build_face_mesh
from pipelines.demo_corpus.measurement import ClipMeasurement, measure_corpus
from pipelines.demo_corpus.script import CLIPS, PAN, TRUNCATED_NAME
from pipelines.demo_corpus.staging import share_in_picture

# The tracker notices within a frame or so that a face is gone, and that it is back.
LATE_FRAMES = 2


@dataclass(frozen=True)
class MeasuredDemo:
    """A corpus that was made and measured by one command."""

    folder: Path
    measurements: dict[str, ClipMeasurement]


def read_demo(folder: Path) -> MeasuredDemo:
    measurements = measure_corpus(str(folder / RESULTS_FOLDER))
    return MeasuredDemo(folder, {measured.clip.name: measured for measured in measurements})


def check_rises(demo: MeasuredDemo) -> None:
    """Check that every scripted action unit rises by twice its noise at rest."""
    rises = [(name, rise) for name, m in demo.measurements.items() for rise in m.rises]
    assert {rise.action_unit for _, rise in rises} == {
        "AU01",
        "AU02",
        "AU06",
        "AU12",
        "AU25",
        "AU26",
        "AU45",
    }
    unclear = [(name, rise) for name, rise in rises if not rise.is_clear]
    assert not unclear


def check_roll(demo: MeasuredDemo, tolerance_rad: float) -> None:
    (deviation,) = [
        measured.roll_deviation_rad
        for measured in demo.measurements.values()
        if measured.roll_deviation_rad is not None
    ]
    assert deviation < tolerance_rad


def check_success(demo: MeasuredDemo) -> None:
    """Check that faces are found where there are any, and nowhere else."""
    mesh = build_face_mesh()
    for clip in CLIPS:
        success = demo.measurements[clip.name].success
        assert len(success) == len(clip.frame_times_s())
        if not clip.faces:
            assert not success.any()
            continue
        share = share_in_picture(clip, 0, mesh)
        if not any(action.kind == PAN for action in clip.faces[0].actions):
            assert success.all()
            continue
        gone = np.flatnonzero(share == 0)
        assert not success[gone[LATE_FRAMES:]].any()
        whole = np.flatnonzero(share == 1)
        before, after = whole[whole < gone[0]], whole[whole > gone[-1]]
        assert success[before].all()
        assert success[after[LATE_FRAMES:]].all()


def check_errors(demo: MeasuredDemo) -> None:
    """Check that the truncated file is the only error."""
    rows = pq.ParquetFile(demo.folder / RESULTS_FOLDER / "errors.parquet").read().to_pylist()
    (row,) = [row for row in rows if row["severity"] == "error"]
    assert Path(row["uri"]).name == TRUNCATED_NAME
    assert row["stage"] == "decoding"
