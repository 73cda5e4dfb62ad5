"""The command line of the export."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, fields

from pipelines.configuration.command_parser import CommandParser
from pipelines.configuration.shared_options import (
    add_quiet_option,
    check_folder_name,
    expand_home,
    refuse_memory,
)
from pipelines.export_job.format_options import (
    FORMAT_TITLES,
    check_formats_and_options,
)

_EXAMPLES = """\
examples:
  # OpenFace's CSV of every video of a dataset
  openface-beam export --dataset results/ --output exports/ --format openface-csv

  # all that FeatureExtraction would have written, from videos that have moved
  openface-beam export --dataset results/ --output exports/ --videos /data/recordings \\
      --format openface-csv of-details hog aligned

  # a CSV with 2D landmarks only, as programs read it that go by the position of columns
  openface-beam export --dataset results/ --output exports/ --format openface-csv --columns 2d

Options that are not listed here go to Apache Beam, for example --direct_num_workers=4.
"""


@dataclass(frozen=True)
class ExportArguments:
    """What an export is asked to do.

    Parameters
    ----------
    dataset : str
        Output folder of the main job.
    output : str
        Output folder.
    formats : tuple of str
        The formats.
    video_ids : tuple of str
        Which inputs; none stands for all.
    videos : str or None
        Folder that the inputs are in now.
    models : str or None
        Models folder or pack, for formats that align faces.
    columns : tuple of str or None
        Parts of OpenFace's CSV; None for all.
    dialect : str
        What is between its columns.
    picture_type : str
        Type of the pictures of aligned faces.
    size : int
        Their side in pixels.
    scale : float or None
        Their scale, px/mm.
    unmasked : bool
        Whether they show more than the face.
    grey : bool
        Whether they are without colours.
    from_seconds, to_seconds : float or None
        Which part of a video an overlay shows.
    faces : tuple of int
        Whose overlay is drawn; none stands for all.
    runner : str or None
        Beam runner.
    force : bool
        Whether to write complete exports anew.
    quiet : bool
        Whether to show no progress.
    beam : tuple of str
        Options for Beam.

    Raises
    ------
    ConfigError
        If the name of a folder is empty.
    """

    dataset: str
    output: str
    formats: tuple[str, ...] = ("openface-csv",)
    video_ids: tuple[str, ...] = ()
    videos: str | None = None
    models: str | None = None
    columns: tuple[str, ...] | None = None
    dialect: str = "plain"
    picture_type: str = "bmp"
    size: int = 112
    scale: float | None = None
    unmasked: bool = False
    grey: bool = False
    from_seconds: float | None = None
    to_seconds: float | None = None
    faces: tuple[int, ...] = ()
    runner: str | None = None
    force: bool = False
    quiet: bool = False
    beam: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_folder_name("--dataset", self.dataset)
        check_folder_name("--output", self.output)
        expand_home(self, "dataset", "output", "videos", "models")

    @property
    def changed(self) -> set[str]:
        """Names of what is not as it is by default."""
        return {each.name for each in fields(self) if getattr(self, each.name) != each.default}


def parser() -> CommandParser:
    """Return the parser of the command line."""
    titles = "".join(f"  {name:<13} {title}\n" for name, title in FORMAT_TITLES.items())
    result = CommandParser(
        prog="openface-beam export",
        description="Write a finished dataset in formats that other programs read.\n\n"
        f"formats:\n{titles}",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    result.add_argument(
        "--format",
        nargs="+",
        action="extend",
        required=True,
        metavar="F",
        help="one or more of the formats; each gets a folder of its own in the output",
    )
    add_dataset_options(result)
    result.add_argument(
        "--models",
        metavar="PACK|DIR",
        help="models that the dataset was made with; default: looked for where `run` looks",
    )
    _add_openface_options(result)
    _add_overlay_options(result)
    add_job_options(result)
    return result


def add_dataset_options(parser: argparse.ArgumentParser, output: str | None = None) -> None:
    """Add what is read and where results go; `output` says where by default."""
    parser.add_argument(
        "--dataset", required=True, metavar="DIR", help="output folder of `openface-beam run`"
    )
    parser.add_argument(
        "--output", required=output is None, metavar="DIR", help=output or "output folder or URL"
    )
    parser.add_argument(
        "--video-ids",
        nargs="+",
        action="extend",
        default=[],
        metavar="ID",
        help="only these videos; default: all",
    )
    parser.add_argument(
        "--videos",
        metavar="DIR",
        help="folder that the videos are in now, if not where they were analysed",
    )


def _add_openface_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--columns",
        nargs="+",
        action="extend",
        metavar="PART",
        help="openface-csv: some of 2d, 3d, pose, gaze, aus, pdm; default: all",
    )
    parser.add_argument(
        "--dialect",
        default="plain",
        metavar="NAME",
        help="openface-csv: plain, or spaced, with a space after every comma as OpenFace 2.0",
    )
    parser.add_argument(
        "--picture-type", default="bmp", metavar="TYPE", help="aligned: bmp, png or jpg"
    )
    parser.add_argument(
        "--size", type=int, default=112, metavar="PX", help="aligned: side of the pictures"
    )
    parser.add_argument(
        "--scale",
        type=float,
        metavar="PX_PER_MM",
        help="aligned: scale of the face; default: 0.7 at 112 pixels",
    )
    parser.add_argument(
        "--unmasked", action="store_true", help="aligned: show what is around the face too"
    )
    parser.add_argument("--grey", action="store_true", help="aligned: without colours")


def _add_overlay_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--from", type=float, dest="from_seconds", metavar="S", help="overlay: begin, in seconds"
    )
    parser.add_argument(
        "--to", type=float, dest="to_seconds", metavar="S", help="overlay: end, in seconds"
    )
    parser.add_argument(
        "--faces",
        type=int,
        nargs="+",
        action="extend",
        default=[],
        metavar="N",
        help="overlay: only these faces",
    )


def add_job_options(parser: argparse.ArgumentParser) -> None:
    """Add how the job runs."""
    parser.add_argument(
        "--runner", metavar="NAME", help="Beam runner; default: DirectRunner, all cores"
    )
    parser.add_argument(
        "--force", action="store_true", help="write everything anew; otherwise only what is missing"
    )
    add_quiet_option(parser)


def parse_arguments(argv: Sequence[str]) -> ExportArguments:
    """Return a command line as arguments; options that are not ours are kept for Beam."""
    commands = parser()
    known, beam = commands.parse_known_args(argv)
    refuse_memory(known.output)
    values = vars(known)
    values["formats"] = tuple(dict.fromkeys(values.pop("format")))
    values["columns"] = None if known.columns is None else tuple(known.columns)
    values |= {name: tuple(values[name]) for name in ("video_ids", "faces")}
    found = ExportArguments(**values, beam=tuple(beam))
    check_formats_and_options(found.formats, commands.given | found.changed)
    return found
