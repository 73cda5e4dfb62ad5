"""What the analysis of one input gives, and how it becomes part of a dataset."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from openface_core.analysis.analyser import Analyser as CoreAnalyser
from openface_core.analysis.measured import MeasuredFace, MeasuredVideo
from openface_core.errors import OutputError
from openface_core.media import MediaInfo
from openface_core.readable import counted
from pipelines.interactive.arguments import check_number, path_of, whole_numbers
from pipelines.interactive.python_words import analysis_kept, in_python_words
from pipelines.interactive.unchanged import check_unchanged
from transforms.dataset.json_text import parse_record
from transforms.dataset.provenance import (
    METADATA_KEY,
    Calibration,
    FaceRecord,
    InputIdentity,
    RunProvenance,
    VideoProvenance,
)
from transforms.plan.calibration import calibration_key
from transforms.records import InputContent, VideoTask

if TYPE_CHECKING:  # pandas takes as long to import as the models to load
    import pandas as pd

    from openface_core.exports import Exporter


@dataclass(frozen=True, eq=False, repr=False)
class Analysis:
    """The measured faces of one input.

    Made by :class:`~pipelines.interactive.analyser.Analyser`.

    Parameters
    ----------
    task : VideoTask
        The input.
    measured : MeasuredVideo
        What was found.
    content : InputContent
        What the input held.
    run : RunProvenance
        Settings and models.
    core : Analyser
        What it was analysed with.
    """

    task: VideoTask
    measured: MeasuredVideo
    content: InputContent
    run: RunProvenance
    core: CoreAnalyser

    @cached_property
    def frames(self) -> "pd.DataFrame":
        """One row per frame and face, the very rows that the main job writes."""
        return self.measured.table.to_pandas()

    @cached_property
    def summary(self) -> "pd.DataFrame":
        """One row per face: what the summary of a dataset says of this input."""
        from openface_core.tables import summary_table
        from transforms.dataset.summary import rows_of

        rows = rows_of(parse_record(self.metadata()[METADATA_KEY]) or {})
        _, columns = self.core.engine.columns
        return summary_table(rows, columns).to_pandas()

    @property
    def info(self) -> MediaInfo:
        """What decoding found."""
        return self.measured.info

    @property
    def warnings(self) -> tuple[str, ...]:
        """What decoding had to work around, and what is to be known of the faces."""
        return (*self.measured.warnings, *self.measured.notes)

    @in_python_words()
    @analysis_kept()
    def save(self, output: str | PathLike[str]) -> str:
        """Add the analysis to a dataset, as the main job would have, and return its table's path.

        A later run of the main job into the same folder, with the same settings and models, takes
        the input for finished.

        Parameters
        ----------
        output : str or path
            A new or empty folder, or a dataset of this program.

        Raises
        ------
        ConfigError
            If the folder holds something else, a dataset of another form, or another input of the
            same name.
        MediaError
            If the file has been replaced since. It may be gone.
        OutputError
            If a run works in the folder for longer than a minute, rows of other inputs would be
            lost with a damaged file, or storage refuses. The analysis can be saved later.
        """
        output = path_of("output", output)
        check_unchanged(self.task.uri, self.content, may_be_gone=True)
        # A start need not wait for these.
        from pipelines.interactive.saving import SavedAnalysis, save_analysis

        core = self.core
        saved = SavedAnalysis(
            self.task,
            self.content,
            self.run,
            core.settings.output,
            core.engine,
            self.measured,
            self.metadata(),
        )
        return save_analysis(saved, output)

    def plot(self) -> Any:
        """Return a matplotlib figure of the action units over time; notebooks show it.

        Raises
        ------
        ConfigError
            If matplotlib is not installed (the extra ``plot``).
        """
        from pipelines.interactive.showing import plot

        return plot(self.measured.table, self.task.video_id)

    @in_python_words()
    @analysis_kept()
    def overlay(
        self,
        path: str | PathLike[str],
        *,
        from_seconds: float | None = None,
        to_seconds: float | None = None,
        face_ids: Sequence[int] = (),
    ) -> Path:
        """Write the input with what was measured drawn into it: a film, or a picture.

        Parameters
        ----------
        path : str or path
            The file; ``.mp4`` for a video, ``.png`` for a picture.
        from_seconds, to_seconds : float, optional
            Which part of a video, by the column ``timestamp``.
        face_ids : sequence of int, optional
            Whose; by default everybody's.

        Raises
        ------
        OpenFaceBeamError
            If the input cannot be read any more or has been replaced, its frames were in memory
            only, the part or the faces are none, or storage refuses.
        """
        for name, value in (("from_seconds", from_seconds), ("to_seconds", to_seconds)):
            check_number(name, value)
        from openface_core.exports.options import ExportOptions
        from openface_core.exports.overlay.exporter import Overlay

        path, wanted = path_of("path", path), whole_numbers("face_ids", face_ids)
        options = ExportOptions(from_seconds=from_seconds, to_seconds=to_seconds, face_ids=wanted)
        kind, suffix = ("picture", ".png") if self.info.kind == "image" else ("film", ".mp4")
        if Path(path).suffix.lower() != suffix:
            raise OutputError(
                path, f"a {kind} {suffix} would be written", f"End the name with {suffix}."
            )
        return self._write(Overlay(options), path)

    @in_python_words()
    @analysis_kept()
    def report(self, path: str | PathLike[str]) -> Path:
        """Write an HTML page that shows what was measured, and needs nothing beside it.

        Parameters
        ----------
        path : str or path
            The file.

        Raises
        ------
        OpenFaceBeamError
            As :meth:`overlay`.
        """
        from openface_core.exports.report.exporter import Report

        return self._write(Report(), path_of("path", path))

    def _write(self, exporter: "Exporter", path: str) -> Path:
        from pipelines.interactive.showing import described, write_shown

        check_unchanged(self.task.uri, self.content)
        record = parse_record(self.metadata()[METADATA_KEY]) or {}
        table, info = self.measured.table, self.measured.info
        video = described(table, self.task.video_id, info, record)
        return write_shown(exporter, video, table, self.core.settings.decoding, path)

    def metadata(self) -> dict[str, str]:
        """Return how the analysis was made, as its table records it."""
        measured, settings = self.measured, self.core.settings
        has_networks = self.task.landmarks_uri is None
        table = measured.table
        with_face = len(table.filter(table["success"])["frame"].unique())
        provenance = VideoProvenance(
            identity=InputIdentity(self.run, self.task, self.content),
            info=measured.info,
            providers=self.core.engine.providers if has_networks else (),
            frames_decoded=measured.frame_count,
            frames_with_face=with_face,
            faces=tuple(self._record_of(face) for face in measured.faces),
            few_frames=settings.calibration.few_frames,
            relative_to_person=self.core.engine.models_for(measured.info.kind).relative_to_person,
            warnings=measured.warnings,
            notes=measured.notes,
        )
        return provenance.metadata()

    def _record_of(self, face: MeasuredFace) -> FaceRecord:
        video_id = self.task.video_id
        key = calibration_key(self.task, self.core.settings.calibration)
        has_medians = face.calibration_mode != "none" and face.face_id is not None
        calibration = Calibration(
            mode=face.calibration_mode,
            key=f"video:{video_id}" if face.face_id else key,
            videos=(video_id,) if has_medians else (),
            frames=face.calibration_frames,
        )
        return FaceRecord(face.face_id, calibration, face.summary)

    def __repr__(self) -> str:
        faces = sum(face.face_id is not None for face in self.measured.faces)
        frames = counted(self.measured.frame_count, "frame")
        return f"Analysis({self.task.uri!r}, {frames}, {counted(faces, 'face')})"

    def _repr_html_(self) -> Any:
        """Return how notebooks show it: the summary."""
        return self.summary.T.to_html(header=False)
