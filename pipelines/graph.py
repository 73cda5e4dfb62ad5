"""The graph of the main job."""

from collections.abc import Sequence

import apache_beam as beam

from models import ModelFiles
from transforms.analyse_videos import PROBLEMS, AnalyseVideos
from transforms.provenance import RunProvenance
from transforms.records import Problem, VideoTask
from transforms.settings import RunSettings
from transforms.write_errors import WriteErrors
from transforms.write_frames import WriteFrames


def build_graph(
    pipeline: beam.Pipeline,
    tasks: Sequence[VideoTask],
    planning_problems: Sequence[Problem],
    files: ModelFiles,
    settings: RunSettings,
    provenance: RunProvenance,
    output: str,
    progress_folder: str | None,
) -> None:
    """Add the main job to a pipeline: inputs in, tables out.

    Parameters
    ----------
    pipeline : beam.Pipeline
        An empty pipeline.
    tasks : sequence of VideoTask
        The inputs.
    planning_problems : sequence of Problem
        Inputs that planning has already given up.
    files : ModelFiles
        The models.
    settings : RunSettings
        Settings of the run.
    provenance : RunProvenance
        What is recorded with every table.
    output : str
        The output folder.
    progress_folder : str or None
        Where workers tell their progress.
    """
    analysed = (
        pipeline
        | "List inputs" >> beam.Create(list(tasks), reshuffle=False)
        | "Spread over workers" >> beam.Reshuffle()
        | "Analyse videos" >> AnalyseVideos(files, settings, provenance, progress_folder)
    )
    written = analysed["results"] | "Write frames" >> WriteFrames(output, settings.output)
    planned = pipeline | "Planning problems" >> beam.Create(
        list(planning_problems), reshuffle=False
    )
    _ = (
        (planned, analysed[PROBLEMS], written[PROBLEMS])
        | "All problems" >> beam.Flatten()
        | "Write errors" >> WriteErrors(output)
    )
