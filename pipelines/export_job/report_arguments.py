"""The command line of the report."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass

from pipelines.configuration.command_parser import CommandParser
from pipelines.configuration.shared_options import check_folder_name, expand_home, refuse_memory
from pipelines.export_job.arguments import (
    ExportArguments,
    add_dataset_options,
    add_job_options,
)

REPORT_FOLDER = "report"
"""Where reports go within a dataset, unless another folder is named."""

_EXAMPLES = """\
examples:
  # a page for every video of a dataset, and an index: results/report/index.html
  openface-beam report --dataset results/

Options that are not listed here go to Apache Beam, for example --direct_num_workers=4.
"""


@dataclass(frozen=True)
class ReportArguments:
    """What a report is asked to show.

    Parameters
    ----------
    dataset : str
        Output folder of the main job.
    output : str or None
        Output folder; None for the folder ``report`` of the dataset.
    video_ids : tuple of str
        Which inputs; none stands for all.
    videos : str or None
        Folder that the inputs are in now.
    runner : str or None
        Beam runner.
    force : bool
        Whether to write complete pages anew.
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
    output: str | None = None
    video_ids: tuple[str, ...] = ()
    videos: str | None = None
    runner: str | None = None
    force: bool = False
    quiet: bool = False
    beam: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_folder_name("--dataset", self.dataset)
        check_folder_name("--output", self.output)
        expand_home(self, "dataset", "output", "videos")

    @property
    def folder(self) -> str:
        """Output folder."""
        return self.output or f"{self.dataset.rstrip('/')}/{REPORT_FOLDER}"

    def as_export(self) -> ExportArguments:
        """Return the export that writes the pages."""
        return ExportArguments(
            dataset=self.dataset,
            output=self.folder,
            formats=("report",),
            video_ids=self.video_ids,
            videos=self.videos,
            runner=self.runner,
            force=self.force,
            quiet=self.quiet,
            beam=self.beam,
        )


def parser() -> CommandParser:
    """Return the parser of the command line."""
    result = CommandParser(
        prog="openface-beam report",
        description="Show what was measured: one HTML page per video, and an index. A page needs\n"
        "no server, no network, and nothing beside it.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_dataset_options(result, output=f"output folder or URL; default: DIR/{REPORT_FOLDER}")
    add_job_options(result)
    return result


def parse_arguments(argv: Sequence[str]) -> ReportArguments:
    """Return a command line as arguments; options that are not ours are kept for Beam."""
    known, beam = parser().parse_known_args(argv)
    refuse_memory(known.output)
    values = vars(known) | {"video_ids": tuple(known.video_ids)}
    return ReportArguments(**values, beam=tuple(beam))
