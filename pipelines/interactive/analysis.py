"""What the analysis of one input gives, and how it becomes part of a dataset."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from openface_core.analysis.analyser import Analyser as CoreAnalyser
from openface_core.analysis.measured import MeasuredFace, MeasuredVideo
from openface_core.errors import ConfigError, OutputError
from openface_core.exports import Exporter
from openface_core.exports.options import ExportOptions
from openface_core.exports.overlay.exporter import Overlay
from openface_core.exports.report.exporter import Report
from openface_core.media import MediaInfo
from openface_core.media.sources import is_in_memory
from openface_core.readable import counted
from openface_core.tables import summary_table
from pipelines.interactive.arguments import check_number, path_of, whole_numbers
from pipelines.interactive.python_words import analysis_kept, in_python_words
from pipelines.interactive.showing import described, plot, write_shown
from pipelines.interactive.unchanged import check_unchanged
from pipelines.main_job.plan import check_buckets, check_output
from transforms.dataset.bucket_files import check_update, update_bucket
from transforms.dataset.completion import complete_dataset
from transforms.dataset.documents import write_documents
from transforms.dataset.embeddings import write_embeddings
from transforms.dataset.json_text import parse_record
from transforms.dataset.layout import bucket_of, bucket_path, frames_path
from transforms.dataset.provenance import (
    METADATA_KEY,
    Calibration,
    FaceRecord,
    InputIdentity,
    RunProvenance,
    VideoProvenance,
)
from transforms.dataset.run_lock import held
from transforms.dataset.summary import rows_of
from transforms.dataset.table_files import row_groups, write_row_groups, write_work_table
from transforms.plan.calibration import calibration_key
from transforms.plan.known_inputs import KnownInputs, known_inputs
from transforms.records import InputContent, VideoTask
from transforms.work.folder import RunFolders, discard_run, local_folders, table_path

if TYPE_CHECKING:  # it takes as long to import as the models to load
    import pandas as pd


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
        check_output(output)
        check_unchanged(self.task.uri, self.content, may_be_gone=True)
        with held(output, is_brief=True) as holder:
            folders = local_folders(output, holder)
            try:
                return self._save(folders)
            finally:
                discard_run(folders)

    def _save(self, folders: RunFolders) -> str:
        """Add the analysis to a dataset that is held."""
        output, settings = folders.output, self.core.settings.output
        check_buckets(output, settings.buckets)
        name = self.task.video_id
        if self._is_another(known_inputs(output)):
            raise ConfigError(
                output,
                f"the dataset has another input of the name {name}",
                "Analyse this one under a name of its own: video_id=...",
            )
        engine = self.core.engine
        if settings.buckets:
            check_update(output, settings.buckets, engine.frame_schema, [name])
        write_documents(output, self.run, *engine.columns, engine.video_models)
        table = self.measured.table.replace_schema_metadata(self.metadata())
        groups = row_groups([table], settings.row_group_rows)
        if self.measured.embeddings is not None:
            write_embeddings(output, name, self.measured.embeddings)
        if settings.buckets:
            part = table_path(folders.work, self.task.video_id)
            write_work_table(part, table.schema, groups)
            path = bucket_path(output, bucket_of(self.task.video_id, settings.buckets))
            update_bucket(path, {self.task.video_id: part}, settings, folders.work)
        else:
            path = frames_path(output, self.task.video_id)
            write_row_groups(path, table.schema, groups, settings, folders.work)
        complete_dataset(
            output,
            {self.task.video_id},
            *engine.action_unit_names,
            has_sides=engine.extent.has_sides,
        )
        return path

    def _is_another(self, known: KnownInputs) -> bool:
        """Return whether a dataset has another input of the same name."""
        name, uri = self.task.video_id, self.task.uri
        if is_in_memory(uri):  # which lie nowhere: what they are tells them apart
            return known.content_of(name) not in (None, self.content.fingerprint)
        return known.at(uri) != name and known.has_other(name, uri, ())

    def plot(self) -> Any:
        """Return a matplotlib figure of the action units over time; notebooks show it.

        Raises
        ------
        ConfigError
            If matplotlib is not installed (the extra ``plot``).
        """
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
        return self._write(Report(), path_of("path", path))

    def _write(self, exporter: Exporter, path: str) -> Path:
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
