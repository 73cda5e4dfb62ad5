"""Comparison with OpenFace's own output: every component, the whole chain, and end to end.

Everything the command line can do, :func:`validate` does for Python.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from openface_core.command_status import run_command
from openface_core.errors import ConfigError
from pipelines.configuration.shared_options import add_model_options, add_quiet_option

if TYPE_CHECKING:
    from pipelines.comparison.report import Report

_EXAMPLES = """\
examples:
  # against the CSV that OpenFace's FeatureExtraction wrote for this video
  python -m pipelines.validate --video a.mp4 --csv a.csv --models OpenFace/

  # the same, with its landmarks before they were rounded
  python -m pipelines.validate --video a.mp4 --csv a.csv --landmarks a_landmarks.csv --output out/

  # landmark refinement, frame by frame, against the C++ program's tracker (CE-CLM or CLNF)
  python -m pipelines.validate --video a.mp4 --track a_tracker.csv --config openface22

  # component by component, against dumps of the C++ program
  python -m pipelines.validate --video subj01.mp4 --golden golden/subj01

Exit status: 0 if all bounds hold, 1 if not, 2 if the comparison could not be made.
"""


@dataclass(frozen=True)
class ValidateArguments:
    """What is to be compared.

    Parameters
    ----------
    video : str
        The video.
    csv : str or None
        What OpenFace wrote for it.
    golden : str or None
        Folder of dumps of the C++ program's components.
    landmarks : str or None
        File of given landmarks; None takes those of the CSV.
    track : str or None
        CSV of the fits of the C++ program's tracker.
    models, config : str or None
        Models folder or pack, and preset or TOML file; None as for the main job.
    output : str or None
        Folder for the report; None writes none.
    networks : bool
        Whether the networks are compared too, end to end.
    quiet : bool
        Whether to show no progress.

    Raises
    ------
    ConfigError
        If there is nothing to compare with.
    """

    video: str
    csv: str | None = None
    golden: str | None = None
    landmarks: str | None = None
    track: str | None = None
    models: str | None = None
    config: str | None = None
    output: str | None = None
    networks: bool = True
    quiet: bool = False

    def __post_init__(self) -> None:
        if self.csv is None and self.golden is None and self.track is None:
            raise ConfigError(
                "validate",
                "nothing to compare with",
                "Give --csv (output of OpenFace), --golden (dumps) or --track, or several.",
            )
        if self.landmarks is not None and self.csv is None:
            raise ConfigError(
                "--landmarks", "landmarks are compared with a CSV only", "Give --csv as well."
            )


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    result = argparse.ArgumentParser(
        prog="python -m pipelines.validate",
        description="Compare with OpenFace's own output, component by component, and say whether "
        "the bounds of this version hold.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    result.add_argument("--video", required=True, metavar="V", help="the video")
    result.add_argument(
        "--csv", metavar="FILE", help="CSV that OpenFace's FeatureExtraction wrote for it"
    )
    result.add_argument(
        "--landmarks",
        metavar="FILE",
        help="the same landmarks as in the CSV, not rounded; default: those of the CSV, whose "
        "rounding to 0.1 px costs agreement, so that no bounds are set",
    )
    result.add_argument(
        "--golden",
        metavar="DIR",
        help="folder with dumps of the C++ program's components for this video",
    )
    result.add_argument(
        "--track",
        metavar="FILE",
        help="CSV of the fits of the C++ program's tracker, against which landmark refinement is "
        "compared, each frame from the C++ program's fit of the last",
    )
    add_model_options(result)
    result.add_argument(
        "--output",
        metavar="DIR",
        help="folder for validation.json, validation.md and action_units.csv; default: print only",
    )
    result.add_argument(
        "--no-networks",
        dest="networks",
        action="store_false",
        help="leave out the comparison end to end; no ONNX networks are needed then",
    )
    add_quiet_option(result)
    return result


def parse_arguments(argv: Sequence[str]) -> ValidateArguments:
    """Return a command line as arguments."""
    return ValidateArguments(**vars(parser().parse_args(argv)))


class _Progress:
    """Tells on stderr what is being compared, and every hundredth frame."""

    def __init__(self, quiet: bool) -> None:
        self._quiet = quiet
        self._frames = 0

    def begin(self, what: str) -> None:
        self._frames = 0
        self._say(f"{what} ...")

    def on_frame(self) -> None:
        self._frames += 1
        if self._frames % 100 == 0:
            self._say(f"  {self._frames} frames")

    def _say(self, text: str) -> None:
        if not self._quiet:
            sys.stderr.write(f"{text}\n")
            sys.stderr.flush()


def validate(arguments: ValidateArguments) -> "Report":
    """Compare, and write the report if that is asked for.

    Parameters
    ----------
    arguments : ValidateArguments
        What to compare.

    Returns
    -------
    Report
        All comparisons; ``holds`` says whether every bound is kept.

    Raises
    ------
    OpenFaceBeamError
        If the comparison cannot be made: a file is missing, damaged, or of another video.
    """
    # NumPy, numba and onnxruntime take a while to import, which `--help` need not wait for.
    from models import locate_models
    from openface_core.analysis.engine import load_engine
    from openface_core.media import open_media
    from pipelines.comparison.chain import compare_video_with_dumps
    from pipelines.comparison.components import compare_components
    from pipelines.comparison.csv import compare_csv_pose, compare_with_csv, read_reference
    from pipelines.comparison.eyes import compare_csv_gaze
    from pipelines.comparison.golden_dumps import GoldenDumps
    from pipelines.comparison.report import Report, Row, UnitRow, write_report
    from pipelines.comparison.tracking import compare_track
    from pipelines.configuration.model_choice import choose_models
    from transforms.records import VideoTask

    progress = _Progress(arguments.quiet)
    choice = choose_models(arguments.models, arguments.config)
    choice.announce(quiet=arguments.quiet)
    settings = choice.settings
    networks = arguments.networks and arguments.csv is not None
    networks = networks or arguments.track is not None
    root = choice.folder(with_networks=networks)
    files = locate_models(root, settings.models, with_networks=networks)
    engine = load_engine(files, settings)
    with open_media(arguments.video, limits=settings.decoding) as media:
        width_px, height_px = media.info.width_px, media.info.height_px
    rows: list[Row] = []
    units: list[UnitRow] = []
    notes: list[str] = []

    if arguments.golden is not None:
        dumps = GoldenDumps(Path(arguments.golden), engine.meter.pdm.mode_count)
        progress.begin("Components against the dumps")
        rows += compare_components(dumps, engine)
        progress.begin("Video against the dumps")
        found = compare_video_with_dumps(
            arguments.video,
            dumps,
            engine,
            settings,
            progress.on_frame,
        )
        rows += found.rows
        units += found.units
    if arguments.track is not None:
        progress.begin("Refinement against the track")
        rows += compare_track(arguments.video, arguments.track, engine, settings, progress.on_frame)
    if arguments.csv is not None:
        reference = read_reference(arguments.csv, engine)
        rows += compare_csv_pose(reference, engine, width_px, height_px)
        rows += compare_csv_gaze(reference)
        sources: list[tuple[str, str | None]] = [
            ("Whole chain from given landmarks", arguments.landmarks or arguments.csv)
        ]
        if networks:
            sources.append(("End to end", None))
        for what, landmarks in sources:
            progress.begin(what)
            task = VideoTask("validated", arguments.video, landmarks_uri=landmarks)
            found = compare_with_csv(task, reference, engine, settings, progress.on_frame)
            rows += found.rows
            units += found.units
        notes.append(
            "OpenFace's CSV rounds landmarks and positions to one decimal, action units to two, "
            "angles and shape parameters to three. Its p_ columns are the tracker's fit, not that "
            "of component 4, and are therefore not compared with it; pose and 3D landmarks are "
            "computed from them instead."
        )
    names = ("video", "csv", "landmarks", "golden", "track")
    inputs = {name: value for name in names if (value := getattr(arguments, name)) is not None}
    inputs |= {"config": choice.config, "models": str(files.root)}
    report = Report(inputs, tuple(rows), tuple(units), tuple(notes))
    if arguments.output is not None:
        write_report(report, arguments.output)
    return report


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns 0 if all bounds hold, 1 if not, 2 for an error."""

    def command() -> int:
        report = validate(parse_arguments(sys.argv[1:] if argv is None else argv))
        from pipelines.comparison.report import as_text

        sys.stdout.write(as_text(report))
        return 0 if report.holds else 1

    return run_command(command)


if __name__ == "__main__":
    sys.exit(main())
