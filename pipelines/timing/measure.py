"""Everything that ``profile`` measures: components on one thread, then whole runs."""

import sys
from dataclasses import replace
from pathlib import Path

from models import locate_models
from openface_core.analysis.engine import load_engine
from openface_core.analysis.sources import GivenFaces
from openface_core.landmarks.files import read_landmarks
from pipelines.configuration.model_choice import choose_models
from pipelines.main_job.runners import available_cores
from pipelines.timing.arguments import ProfileArguments
from pipelines.timing.components import time_components
from pipelines.timing.providers import ProviderTime, check_providers, compare_providers
from pipelines.timing.report import Profile, as_json
from pipelines.timing.runs import RunTime, time_run
from transforms.dataset.output_file import check_output_file
from transforms.dataset.storage import write_whole


def measure(arguments: ProfileArguments) -> Profile:
    """Measure, and write the figures if that is asked for.

    Parameters
    ----------
    arguments : ProfileArguments
        What to measure.

    Returns
    -------
    Profile
        The figures.

    Raises
    ------
    OpenFaceBeamError
        If the video, the landmarks or the models cannot be read, a run fails, or the figures would
        take the place of an input.
    """
    if arguments.output is not None:
        check_output_file(arguments.output, [arguments.video, arguments.landmarks])
    choice = choose_models(arguments.models, arguments.config)
    choice.announce(quiet=arguments.quiet)
    settings = choice.settings
    if arguments.provider:
        check_providers(arguments.provider)
        first = replace(settings.onnxruntime, provider=arguments.provider[0])
        settings = replace(settings, onnxruntime=first)
    one_thread = replace(settings, onnxruntime=replace(settings.onnxruntime, threads=1))
    networks = arguments.landmarks is None
    root = choice.folder(with_networks=networks)
    files = locate_models(root, settings.models, with_networks=networks)
    engine, given = load_engine(files, one_thread), None
    if arguments.landmarks is not None:
        known = read_landmarks(arguments.landmarks)
        given = GivenFaces(known, engine.meter, arguments.landmarks)
    _say(arguments, "Components, one thread ...")
    components = time_components(arguments.video, engine, given, one_thread, arguments.frames)
    providers: tuple[ProviderTime, ...] = ()
    if len(arguments.provider) > 1:
        _say(arguments, f"Providers {', '.join(arguments.provider)}, one thread ...")
        providers = compare_providers(
            arguments.video, arguments.provider, files, one_thread, arguments.frames
        )
    # After the components: only then are all kernels compiled and cached on disk.
    runs = _time_runs(arguments, files.root, choice.config) if arguments.runs else ()
    found = Profile(arguments.video, components[0].frames, components, runs, providers)
    if arguments.output is not None:
        text = as_json(found)
        write_whole(arguments.output, lambda file: file.write(text.encode()))
    return found


def _time_runs(arguments: ProfileArguments, models: Path, config: str) -> tuple[RunTime, ...]:
    options = ["--models", str(models), "--config", config]
    options += ["--provider", arguments.provider[0]] if arguments.provider else []
    counts = sorted({1, available_cores()})
    runs = []
    for workers in counts:
        _say(arguments, f"Whole run, {workers} worker(s), {workers} input(s) ...")
        runs.append(time_run(arguments.video, arguments.landmarks, options, workers, workers))
    return tuple(runs)


def _say(arguments: ProfileArguments, text: str) -> None:
    if not arguments.quiet:
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()
