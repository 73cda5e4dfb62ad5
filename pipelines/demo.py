"""A corpus to try everything with: short clips of a face, made here, and what happens in them."""

import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from pipelines.command import leave, run_command
from pipelines.demo_corpus.arguments import RESULTS_FOLDER, DemoArguments, parse_arguments
from pipelines.demo_corpus.chosen_models import check_models, chosen_config

# The networks' and the encoders' libraries take a second to import, which `--help` need not wait
# for. So the imports that lead to them stand in the functions.


def demo(arguments: DemoArguments) -> int:
    """Make the corpus and, if that is asked for, measure it.

    Parameters
    ----------
    arguments : DemoArguments
        What to make.

    Returns
    -------
    int
        0, or 1 if a scripted action unit does not rise.

    Raises
    ------
    OpenFaceBeamError
        If the corpus cannot be made or measured.
    """
    from pipelines.demo_corpus.corpus import write_corpus
    from pipelines.demo_corpus.description import describe_corpus

    if arguments.run:
        check_models(arguments)  # the clips take a while
    output = Path(arguments.output)
    if not arguments.quiet:
        sys.stderr.write("making the clips ...\n")
    with ThreadPoolExecutor(1) as beside:
        if arguments.run:
            beside.submit(_import_main_job)  # takes about as long as the clips do
        corpus = write_corpus(output)
    sys.stdout.writelines(f"{line}\n" for line in describe_corpus(corpus))
    results = output / RESULTS_FOLDER
    if arguments.run:
        return _measure(corpus.clips_folder, results, arguments)
    sys.stdout.write(
        f"Measure them with:\n  openface-beam run --input {corpus.clips_folder} "
        f"--output {results}\n"
    )
    return 0


def _import_main_job() -> None:
    from pipelines.main_job.runners import import_beam

    import_beam()
    import pipelines.main_job.waves  # noqa: F401


def _measure(clips: Path, results: Path, arguments: DemoArguments) -> int:
    from pipelines.demo_corpus.measurement import describe, measure_corpus
    from pipelines.main_job.arguments import RunArguments
    from pipelines.main_job.summary import report_problems
    from pipelines.run import run

    sys.stdout.flush()
    summary = run(
        RunArguments(
            (str(clips),),
            str(results),
            config=chosen_config(arguments),
            models=arguments.models,
            sides=True,
            report=True,
            quiet=arguments.quiet,
        )
    )
    report_problems(str(results))
    sys.stderr.flush()
    sys.stdout.write(f"{replace(summary, report=None)}\n\n")
    measurements = list(measure_corpus(str(results)))
    sys.stdout.writelines(f"{line}\n" for line in describe(measurements))
    if summary.report is not None:
        sys.stdout.write(f"\nSee what was measured: open {summary.report} in a browser.\n")
    return 0 if all(rise.is_clear for m in measurements for rise in m.rises) else 1


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns 0, or 1 if a scripted action unit does not rise."""
    return run_command(lambda: demo(parse_arguments(sys.argv[1:] if argv is None else argv)))


if __name__ == "__main__":
    leave(main())
