"""The main job: videos in, one dataset of facial behaviour out.

Everything the command line can do, :func:`run` does for Python.
"""

import argparse
import json
import logging
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from openface_core.errors import ConfigError, OpenFaceBeamError
from pipelines.command import run_command

_EXAMPLES = """\
examples:
  # every video of a folder, on all cores of this machine
  python -m pipelines.run --input recordings/ --output results/ --models OpenFace/

  # a pattern (quoted), landmarks from OpenFace's own CSV files, the C++ program's conventions
  python -m pipelines.run --input 'corpus/**/*.mp4' --landmarks csv/ --output results/ \\
      --config openface22

  # a manifest with the columns video_id, uri and, if you like, person_id and landmarks
  python -m pipelines.run --input manifest.csv --output results/

Options that are not listed here go to Apache Beam, for example --direct_num_workers=4.
The result opens with pandas.read_parquet("results/frames") and the like; see README.md.
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
    config : str
        Preset or TOML file.
    models : str or None
        Models folder; None takes the one that the environment names.
    landmarks : str or None
        File or folder of given landmarks.
    image_folders : bool
        Whether folders are sequences of images.
    provider : str or None
        Execution provider of onnxruntime, over the one of the configuration.
    runner : str
        Beam runner.
    quiet : bool
        Whether to show no progress.
    beam : tuple of str
        Options for Beam.
    """

    inputs: tuple[str, ...]
    output: str
    config: str = "default"
    models: str | None = None
    landmarks: str | None = None
    image_folders: bool = False
    provider: str | None = None
    runner: str = "DirectRunner"
    quiet: bool = False
    beam: tuple[str, ...] = ()


@dataclass(frozen=True)
class RunSummary:
    """What a run did.

    Parameters
    ----------
    output : str
        Output folder.
    inputs, inputs_written, inputs_failed : int
        Inputs in all, with a table, and without.
    frames_decoded, frames_with_face : int
        Rows written, and those with a measured face.
    warnings : int
        Rows of the error table that cost no results.
    seconds : float
        Wall time.
    """

    output: str
    inputs: int
    inputs_written: int
    inputs_failed: int
    frames_decoded: int
    frames_with_face: int
    warnings: int
    seconds: float

    def __str__(self) -> str:
        without = self.frames_decoded - self.frames_with_face
        rate = self.frames_decoded / max(self.seconds, 1e-9)
        text = (
            f"Wrote {self.inputs_written} of {self.inputs} inputs to {self.output}: "
            f"{self.frames_decoded} frames, {without} of them without a face, "
            f"in {self.seconds:.1f} s ({rate:.0f} frames per second); "
            f"{self.inputs_failed} inputs failed"
        )
        if self.inputs_failed or self.warnings:
            text += f", {self.warnings} warnings: see {self.output.rstrip('/')}/errors.parquet"
        return text + "."


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    result = argparse.ArgumentParser(
        prog="python -m pipelines.run",
        description="Measure facial behaviour in videos: landmarks, head pose, shape and action "
        "units of OpenFace 2.2, one row per frame, as Parquet.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    result.add_argument(
        "--input",
        nargs="+",
        required=True,
        metavar="X",
        help="videos or images: paths, fsspec URLs, quoted patterns, folders (their files), or one "
        "manifest (.csv or .parquet)",
    )
    result.add_argument("--output", required=True, metavar="DIR", help="output folder or URL")
    result.add_argument(
        "--config",
        default="default",
        metavar="NAME|FILE",
        help="preset (default, openface22) or TOML file; see configs/default.toml for all settings",
    )
    result.add_argument(
        "--models",
        metavar="DIR",
        help="folder with OpenFace's model files and the ONNX networks; default: the environment "
        "variable OPENFACE_MODELS_DIR",
    )
    result.add_argument(
        "--landmarks",
        metavar="FILE|DIR",
        help="take landmarks from a CSV or Parquet file (one input) or from a folder with one file "
        "per video id; no network is needed then",
    )
    result.add_argument(
        "--image-folders",
        action="store_true",
        help="a folder given as input is one sequence of images, not a list of files",
    )
    result.add_argument(
        "--provider",
        metavar="NAME",
        help="what onnxruntime runs on: auto, cpu, cuda, coreml, ...; default: as configured",
    )
    result.add_argument(
        "--runner",
        default="DirectRunner",
        metavar="NAME",
        help="Beam runner; DirectRunner uses all cores of this machine (default)",
    )
    result.add_argument("--quiet", action="store_true", help="show no progress")
    return result


def parse_arguments(argv: Sequence[str]) -> RunArguments:
    """Return a command line as arguments; unknown options are Beam's."""
    known, beam = parser().parse_known_args(argv)
    stray = [word for word in beam if not word.startswith("-")]
    if stray and not any(word.startswith("--") and "=" not in word for word in beam):
        parser().error(f"unexpected words: {' '.join(stray)}")
    return RunArguments(
        inputs=tuple(known.input),
        output=known.output,
        config=known.config,
        models=known.models,
        landmarks=known.landmarks,
        image_folders=known.image_folders,
        provider=known.provider,
        runner=known.runner,
        quiet=known.quiet,
        beam=tuple(beam),
    )


def check_output(output: str) -> None:
    """Refuse an output folder that holds anything but an earlier output.

    Raises
    ------
    ConfigError
        If it does, or is a file.
    """
    folder = Path(output)
    if "://" in output or not folder.exists():
        return
    if not folder.is_dir():
        raise ConfigError(output, "the output is not a folder", "Name a folder with --output.")
    if any(folder.iterdir()) and not (folder / "dataset_description.json").is_file():
        raise ConfigError(
            output,
            "the output folder holds other files",
            "Name a new or empty folder, or the output of an earlier run.",
        )


def _total_frames(uris: Sequence[str]) -> int | None:
    """Return how many frames the headers promise; None if one of them does not say."""
    from openface_core.media import open_media

    total = 0
    for uri in uris:
        try:
            with open_media(uri) as media:
                info = media.info
        except OpenFaceBeamError:
            continue  # it becomes a row of the error table in its turn
        count = 1 if info.kind == "image" else info.frame_count_from_header
        if not count and info.duration_seconds_from_header and info.average_rate_fps:
            count = round(info.duration_seconds_from_header * info.average_rate_fps)
        if not count:
            return None
        total += count
    return total


def run(arguments: RunArguments) -> RunSummary:
    """Run the main job and wait for its end.

    Parameters
    ----------
    arguments : RunArguments
        What to do.

    Returns
    -------
    RunSummary
        What was done. An input that fails is a row of the error table, not an exception.

    Raises
    ------
    OpenFaceBeamError
        If nothing can be done at all: no input, no models, a wrong configuration, no output.
    """
    # Beam takes a second to import, which `--help` and a mistyped option need not wait for.
    from dataclasses import replace

    import apache_beam as beam
    from apache_beam.options.pipeline_options import PipelineOptions

    from models import default_models_folder, locate_models
    from openface_core.inference import OnnxSettings
    from pipelines.config_file import load_settings
    from pipelines.graph import build_graph
    from pipelines.progress_display import ProgressDisplay
    from pipelines.runners import beam_arguments, is_local, make_runner
    from transforms.engine import load_engine
    from transforms.planning import plan_inputs
    from transforms.provenance import RunProvenance

    logging.basicConfig(level=logging.WARNING, force=True)  # Beam's import installs another one
    began = time.monotonic()
    settings = load_settings(arguments.config)
    if arguments.provider is not None:
        settings = replace(
            settings,
            onnxruntime=OnnxSettings(arguments.provider, settings.onnxruntime.threads),
        )
    check_output(arguments.output)
    plan = plan_inputs(
        arguments.inputs, landmarks=arguments.landmarks, image_folders=arguments.image_folders
    )
    root = Path(arguments.models) if arguments.models else default_models_folder()
    with_networks = any(task.landmarks_uri is None for task in plan.tasks)
    files = locate_models(root, settings.models, with_networks=with_networks)
    # Damaged models are found here, once, and not by every worker.
    engine = load_engine(files, settings)
    if with_networks and not arguments.quiet:
        sys.stderr.write(f"Networks run on {', '.join(engine.providers)}.\n")
    provenance = RunProvenance(settings.as_dict(), files.sha256())

    options = PipelineOptions(beam_arguments(arguments.runner, arguments.beam))
    local = is_local(arguments.runner)
    total = _total_frames([task.uri for task in plan.tasks]) if not arguments.quiet else None
    with ProgressDisplay(total, len(plan.tasks), quiet=arguments.quiet or not local) as progress:
        pipeline = beam.Pipeline(runner=make_runner(arguments.runner, options), options=options)
        build_graph(
            pipeline,
            plan.tasks,
            plan.problems,
            files,
            settings,
            provenance,
            arguments.output,
            progress.folder if local else None,
        )
        result = pipeline.run()
        result.wait_until_finish()
    write_description(arguments.output, provenance, engine)
    return _summary(
        arguments.output, len(plan.tasks), len(plan.problems), result, time.monotonic() - began
    )


def write_description(output: str, provenance: Any, engine: Any) -> None:
    """Write ``dataset_description.json`` and ``data_dictionary.json`` beside the data.

    Parameters
    ----------
    output : str
        Output folder.
    provenance : RunProvenance
        How the run's outputs were made.
    engine : Engine
        The models, which decide on the columns.
    """
    from openface_core.tables import data_dictionary, frame_columns
    from transforms.provenance import dataset_description
    from transforms.storage import join, write_whole
    from transforms.write_errors import ERROR_COLUMNS

    columns = frame_columns(
        engine.meter.pdm.mode_count,
        engine.video_models.intensity_names,
        engine.video_models.presence_names,
    )
    documents = {
        "data_dictionary.json": {
            "frames": data_dictionary(columns),
            "errors": data_dictionary(ERROR_COLUMNS),
        },
        # Last: its presence marks the folder as an output of this program.
        "dataset_description.json": dataset_description(provenance),
    }
    for name, content in documents.items():
        text = json.dumps(content, indent=2, sort_keys=False) + "\n"
        write_whole(join(output, name), lambda file, text=text: file.write(text.encode()))  # type: ignore[misc]


def _summary(output: str, planned: int, given_up: int, result: Any, seconds: float) -> RunSummary:
    """Return what the counters of a finished pipeline say."""
    from apache_beam.metrics import MetricsFilter

    from transforms.analyse_videos import METRICS_NAMESPACE

    found = result.metrics().query(MetricsFilter().with_namespace(METRICS_NAMESPACE))
    counts: dict[str, int] = {}
    for counter in found["counters"]:
        name = counter.key.metric.name
        counts[name] = counts.get(name, 0) + int(counter.result)
    return RunSummary(
        output=output,
        inputs=planned + given_up,
        inputs_written=counts.get("inputs_written", 0),
        inputs_failed=counts.get("inputs_failed", 0) + given_up,
        frames_decoded=counts.get("frames_decoded", 0),
        frames_with_face=counts.get("frames_with_face", 0),
        warnings=counts.get("warnings", 0),
        seconds=seconds,
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns 0, or 1 if no input gave a result."""
    arguments = parse_arguments(sys.argv[1:] if argv is None else argv)

    def command() -> int:
        summary = run(arguments)
        sys.stderr.flush()
        sys.stdout.write(f"{summary}\n")
        return 0 if summary.inputs_written else 1

    return run_command(command)


if __name__ == "__main__":
    sys.exit(main())
