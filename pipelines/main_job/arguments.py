"""The command line of the main job."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass

from pipelines.configuration.command_parser import CommandParser
from pipelines.configuration.shared_options import (
    add_model_options,
    add_quiet_option,
    check_folder_name,
    expand_home,
    refuse_memory,
)

_EXAMPLES = """\
examples:
  # with the models that come with the program
  openface-beam run --input interview.mp4 --output results/

  # every video of a folder, on all cores of this machine
  openface-beam run --input recordings/ --output results/ --models OpenFace/

  # a pattern (quoted), landmarks from OpenFace's own CSV files, the C++ program's conventions
  openface-beam run --input 'corpus/**/*.mp4' --landmarks csv/ --output results/ \\
      --config openface22

  # a manifest with the columns video_id, uri and, if you like, person_id, landmarks, camera,
  # rest_seconds and rest_frames; all files of a person are calibrated as one
  openface-beam run --input manifest.csv --output results/ --calibration person

Options that are not listed here go to Apache Beam, for example --direct_num_workers=4.
The result opens with pandas.read_parquet("results/frames") and the like;
`openface-beam docs dataset` shows more.
"""


@dataclass(frozen=True)
class RunArguments:
    """What a run is asked to do.

    Parameters
    ----------
    inputs : tuple of str
        Files, folders, patterns, URLs, or one manifest.
    output : str
        Output folder.
    config : str or None
        Preset or TOML file; None takes the one that goes with the models.
    models : str or None
        Models folder or pack; None takes what the preset needs, the folder that the environment
        names, or the embedded models.
    landmarks : str or None
        File or folder of given landmarks.
    camera : str or None
        Camera of all inputs for which a manifest names none, ``fx,fy,cx,cy``.
    image_folders : bool
        Whether folders are sequences of images.
    provider : str or None
        Execution provider of onnxruntime, over the one of the configuration.
    calibration : str or None
        What action units are relative to, over the configuration.
    faces : str or None
        Which faces are analysed, over the configuration.
    sides : bool
        Whether the left and the right side of faces are measured, over the configuration.
    runner : str or None
        Beam runner; None takes the one of the configuration, or else ``DirectRunner``.
    force : bool
        Whether to analyse finished inputs anew.
    report : bool
        Whether to write a report of the dataset at the end.
    dry_run : bool
        Whether to print the plan and do nothing.
    quiet : bool
        Whether to show no progress.
    beam : tuple of str
        Options for Beam.

    Raises
    ------
    ConfigError
        If the name of the output folder is empty.
    """

    inputs: tuple[str, ...]
    output: str
    config: str | None = None
    models: str | None = None
    landmarks: str | None = None
    camera: str | None = None
    image_folders: bool = False
    provider: str | None = None
    calibration: str | None = None
    faces: str | None = None
    sides: bool = False
    runner: str | None = None
    force: bool = False
    report: bool = False
    dry_run: bool = False
    quiet: bool = False
    beam: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_folder_name("--output", self.output)
        expand_home(self, "inputs", "output", "config", "models", "landmarks")


def parser() -> CommandParser:
    """Return the parser of the command line."""
    result = CommandParser(
        prog="openface-beam run",
        # Not wrapped, for the sake of the examples below.
        description="Measure facial behaviour in videos: landmarks, head pose, shape and action\n"
        "units of OpenFace 2.2, one row per frame and face, as Parquet.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    _add_inputs(result)
    result.add_argument(
        "--provider",
        metavar="NAME",
        help="what onnxruntime runs on: auto, cpu, cuda, coreml, ...; default: as configured",
    )
    result.add_argument(
        "--calibration",
        metavar="MODE",
        help="what action units are relative to: video (each by itself, as OpenFace), person (all "
        "files of a person of the manifest), rest (frames that the manifest names) or none (static "
        "models); default: as configured",
    )
    result.add_argument(
        "--faces",
        metavar="WHICH",
        help="all (every face, each person with a number, face_id), main (only the person seen "
        "longest) or widest (one face, whoever that is, as OpenFace); default: as configured",
    )
    result.add_argument(
        "--sides",
        action="store_true",
        help="measure the left and the right side of each face apart, see "
        "`openface-beam docs sides`; default: as configured",
    )
    result.add_argument(
        "--runner",
        metavar="NAME",
        help="Beam runner; DirectRunner uses all cores of this machine (default; unless a runner "
        "or an option of Beam is named, up to 150 frames are analysed without Beam); for others "
        "see `openface-beam docs clusters`",
    )
    result.add_argument(
        "--force",
        action="store_true",
        help="analyse all inputs anew; otherwise an input is skipped that an earlier run into the "
        "same folder has finished with the same content, settings and models",
    )
    result.add_argument(
        "--report",
        action="store_true",
        help="show what was measured in the end: a page per video and an index, in DIR/report",
    )
    result.add_argument(
        "--dry-run",
        action="store_true",
        help="print what would be done, input by input, and how each video is cut (finer where "
        "workers share few videos); analyse nothing",
    )
    add_quiet_option(result)
    return result


def _add_inputs(parser: argparse.ArgumentParser) -> None:
    """Add what is read and where results go."""
    parser.add_argument(
        "--input",
        nargs="+",
        action="extend",
        required=True,
        metavar="X",
        help="videos or images: paths, fsspec URLs, quoted patterns, folders (their files), or one "
        "manifest (.csv or .parquet); given again, it adds to them",
    )
    parser.add_argument("--output", required=True, metavar="DIR", help="output folder or URL")
    add_model_options(parser)
    parser.add_argument(
        "--landmarks",
        metavar="FILE|DIR",
        help="take landmarks from a CSV or Parquet file (one input) or from a folder with one file "
        "per video id; no network is needed then",
    )
    parser.add_argument(
        "--camera",
        metavar="FX,FY,CX,CY",
        help="focal lengths and optical centre of the camera, in pixels of the upright picture, "
        "for millimetres, head pose and gaze; a manifest's own come first; default: OpenFace's "
        "guess by the size of the frames",
    )
    parser.add_argument(
        "--image-folders",
        action="store_true",
        help="a folder given as input is one sequence of images, not a list of files",
    )


def parse_arguments(argv: Sequence[str]) -> RunArguments:
    """Return a command line as arguments; options that are not ours are kept for Beam."""
    known, beam = parser().parse_known_args(argv)
    refuse_memory(known.output)
    return RunArguments(
        inputs=tuple(known.input),
        output=known.output,
        config=known.config,
        models=known.models,
        landmarks=known.landmarks,
        camera=known.camera,
        image_folders=known.image_folders,
        provider=known.provider,
        calibration=known.calibration,
        faces=known.faces,
        sides=known.sides,
        runner=known.runner,
        force=known.force,
        report=known.report,
        dry_run=known.dry_run,
        quiet=known.quiet,
        beam=tuple(beam),
    )
