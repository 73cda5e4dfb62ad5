"""A corpus to try everything with: short clips of a face, made here, and what happens in them."""

import argparse
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.command import leave, run_command
from pipelines.configuration.shared_options import add_model_options, add_quiet_option

if TYPE_CHECKING:
    from pipelines.demo_corpus.corpus import Corpus

# The networks' and the encoders' libraries take a second to import, which `--help` need not wait
# for. So the imports that lead to them stand in the functions.

RESULTS_FOLDER = "results"

_PRESET = "embedded"
"""Where no models are named, whatever the environment says: figures are to be those of the docs."""

_EXAMPLES = """\
examples:
  # make the clips, and have them measured
  python -m pipelines.demo --output demo/ --run

  # make the clips only
  python -m pipelines.demo --output demo/

DIR/clips has the videos, DIR/ground_truth.json what happens in them, and when: which action units
rise, how the head turns, where the face is gone. One file is broken on purpose.
"""


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    result = argparse.ArgumentParser(
        prog="python -m pipelines.demo",
        description="Make short clips of a face that raises its brows, smiles, drops its jaw,\n"
        "blinks, rolls its head and leaves the picture, in several containers and frame rates.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    result.add_argument("--output", required=True, metavar="DIR", help="folder of the corpus")
    result.add_argument(
        "--run",
        action="store_true",
        help=f"measure the clips into DIR/{RESULTS_FOLDER}, and compare with what happens in them",
    )
    add_model_options(result)
    add_quiet_option(result)
    return result


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns 0, or 1 if a scripted action unit does not rise."""
    known = parser().parse_args(sys.argv[1:] if argv is None else argv)
    return run_command(lambda: _demo(known))


def _demo(known: argparse.Namespace) -> int:
    from pipelines.demo_corpus.corpus import write_corpus

    output = Path(known.output)
    if not known.quiet:
        sys.stderr.write("making the clips ...\n")
    with ThreadPoolExecutor(1) as beside:
        if known.run:
            beside.submit(_import_main_job)  # takes about as long as the clips do
        corpus = write_corpus(output)
    _describe(corpus)
    results = output / RESULTS_FOLDER
    if known.run:
        return _measure(corpus, results, known)
    sys.stdout.write(
        f"Measure them with:\n  python -m pipelines.run --input {corpus.clips_folder} "
        f"--output {results}\n"
    )
    return 0


def _import_main_job() -> None:
    from pipelines.main_job.runners import import_beam

    import_beam()
    import openface_core.analysis.engine  # noqa: F401
    import pipelines.main_job.graph  # noqa: F401


def _describe(corpus: "Corpus") -> None:
    """Write what was made to stdout."""
    from pipelines.demo_corpus.script import CLIPS, TRUNCATED_NAME

    for clip in CLIPS:
        happens = [
            f"{action.kind} {action.begin_s:.1f} to {action.end_s:.1f} s"
            for face in clip.faces
            for action in face.actions
        ]
        frames = len(clip.frame_times_s())
        sys.stdout.write(
            f"{corpus.clips_folder / clip.name}: {frames} frames, "
            f"{', '.join(happens) or 'nobody in them'}\n"
        )
    sys.stdout.write(
        f"{corpus.clips_folder / TRUNCATED_NAME}: broken on purpose\n"
        f"{corpus.ground_truth}: what happens in them\n"
    )


def _measure(corpus: "Corpus", results: Path, known: argparse.Namespace) -> int:
    from pipelines.demo_corpus.measurement import describe, measure_corpus
    from pipelines.main_job.arguments import RunArguments
    from pipelines.main_job.summary import report_problems
    from pipelines.run import run

    sys.stdout.flush()
    summary = run(
        RunArguments(
            inputs=(str(corpus.clips_folder),),
            output=str(results),
            config=known.config or (None if known.models else _PRESET),
            models=known.models,
            quiet=known.quiet,
        )
    )
    report_problems(str(results))
    sys.stderr.flush()
    sys.stdout.write(f"{summary}\n\n")
    measurements = list(measure_corpus(str(results)))
    sys.stdout.writelines(f"{line}\n" for line in describe(measurements))
    return 0 if all(rise.is_clear for m in measurements for rise in m.rises) else 1


if __name__ == "__main__":
    leave(main())
