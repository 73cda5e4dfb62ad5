"""Everything that is compared with OpenFace's output, put together into one report."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from models import locate_models
from openface_core.analysis.engine import Engine, load_engine
from openface_core.analysis.settings import RunSettings
from openface_core.media import open_media
from pipelines.comparison.action_units import ChainComparison
from pipelines.comparison.arguments import ValidateArguments
from pipelines.comparison.chain import compare_video_with_dumps
from pipelines.comparison.components import compare_components
from pipelines.comparison.csv import compare_csv_pose, compare_with_csv, read_reference
from pipelines.comparison.eyes import compare_csv_gaze
from pipelines.comparison.golden_dumps import GoldenDumps
from pipelines.comparison.other_models import models_note
from pipelines.comparison.progress import ComparisonProgress
from pipelines.comparison.report import Report, check_report_files, write_report
from pipelines.comparison.tracking import compare_track
from pipelines.configuration.model_choice import choose_models
from transforms.records import VideoTask

_CSV_NOTE = (
    "OpenFace's CSV rounds landmarks and positions to one decimal, action units to two, angles and "
    "shape parameters to three. Its p_ columns are the tracker's fit, not that of component 4, and "
    "are therefore not compared with it; pose and 3D landmarks are computed from them instead."
)


@dataclass(frozen=True, eq=False)
class _Comparer:
    """What every comparison of a report needs."""

    video: str
    frame_size_px: tuple[int, int]
    engine: Engine
    settings: RunSettings
    progress: ComparisonProgress

    def with_dumps(self, folder: str) -> ChainComparison:
        """Compare with dumps of the C++ program's components."""
        dumps = GoldenDumps(Path(folder), self.engine.meter.pdm.mode_count)
        self.progress.begin("Components against the dumps")
        rows = compare_components(dumps, self.engine)
        self.progress.begin("Video against the dumps")
        found = compare_video_with_dumps(
            self.video, dumps, self.engine, self.settings, self.progress.on_frame
        )
        return ChainComparison((*rows, *found.rows), found.units)

    def with_track(self, track: str) -> ChainComparison:
        """Compare landmark refinement with the C++ program's tracker, frame by frame."""
        self.progress.begin("Refinement against the track")
        rows = compare_track(self.video, track, self.engine, self.settings, self.progress.on_frame)
        return ChainComparison(tuple(rows), ())

    def with_csv(self, csv: str, landmarks: str, *, networks: bool) -> ChainComparison:
        """Compare with OpenFace's CSV: from given landmarks and, if wanted, end to end."""
        reference = read_reference(csv, self.engine)
        pose = compare_csv_pose(reference, self.engine, *self.frame_size_px)
        parts = [ChainComparison((*pose, *compare_csv_gaze(reference)), ())]
        sources: list[tuple[str, str | None]] = [("Whole chain from given landmarks", landmarks)]
        if networks:
            sources.append(("End to end", None))
        for what, landmarks_uri in sources:
            self.progress.begin(what)
            task = VideoTask("compared", self.video, landmarks_uri=landmarks_uri)
            parts.append(
                compare_with_csv(
                    task, reference, self.engine, self.settings, self.progress.on_frame
                )
            )
        return _joined(parts)


def _joined(found: Iterable[ChainComparison]) -> ChainComparison:
    found = tuple(found)
    return ChainComparison(
        tuple(row for one in found for row in one.rows),
        tuple(unit for one in found for unit in one.units),
    )


def compare(arguments: ValidateArguments) -> Report:
    """Compare, and write the report if that is asked for.

    Parameters
    ----------
    arguments : ValidateArguments
        What to compare.

    Returns
    -------
    Report
        All comparisons.

    Raises
    ------
    OpenFaceBeamError
        If the comparison cannot be made: a file is missing, damaged, or of another video; or
        the report cannot be written.
    """
    if arguments.output is not None:  # before long work
        inputs = (arguments.video, arguments.csv, arguments.landmarks, arguments.track)
        check_report_files(arguments.output, inputs)
    choice = choose_models(arguments.models, arguments.config)
    choice.announce(quiet=arguments.quiet)
    networks = arguments.networks and arguments.csv is not None
    has_networks = networks or arguments.track is not None
    root = choice.folder(with_networks=has_networks)
    files = locate_models(root, choice.settings.models, with_networks=has_networks)
    progress = ComparisonProgress(quiet=arguments.quiet)
    engine = load_engine(files, choice.settings)
    with open_media(arguments.video, limits=choice.settings.decoding) as media:
        frame_size_px = media.info.width_px, media.info.height_px
    comparer = _Comparer(arguments.video, frame_size_px, engine, choice.settings, progress)
    parts = []
    if arguments.golden is not None:
        parts.append(comparer.with_dumps(arguments.golden))
    if arguments.track is not None:
        parts.append(comparer.with_track(arguments.track))
    if arguments.csv is not None:
        landmarks = arguments.landmarks or arguments.csv
        parts.append(comparer.with_csv(arguments.csv, landmarks, networks=networks))
    found = _joined(parts)
    notes = (_CSV_NOTE if arguments.csv is not None else None, models_note(files))
    report = Report(
        _inputs(arguments, choice.config, files.root),
        found.rows,
        found.units,
        tuple(note for note in notes if note is not None),
    )
    if arguments.output is not None:
        write_report(report, arguments.output)
    return report


def _inputs(arguments: ValidateArguments, config: str, models: Path) -> dict[str, str]:
    """Return what was compared, by name."""
    names = ("video", "csv", "landmarks", "golden", "track")
    inputs = {name: value for name in names if (value := getattr(arguments, name)) is not None}
    return inputs | {"config": config, "models": str(models)}
