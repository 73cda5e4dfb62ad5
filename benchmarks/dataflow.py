"""Measurements of the dataflow: ``python -m benchmarks.dataflow COMMAND``. Nothing is judged."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from models import models_folder

_EXAMPLES = """\
examples:
  # one worker, two threads, two processes; on one long video and on 20 clips
  python -m benchmarks.dataflow speedup --video expressive.mp4 --models OpenFace/

  # what the graph adds to the plain loop
  python -m benchmarks.dataflow overhead --video expressive.mp4 --models OpenFace/

  # peak memory of runs on 1, 10 and 60 minutes; takes the models that come with the program
  python -m benchmarks.dataflow memory

  # bytes and milliseconds per stage, for benchmarks.scaling_model
  python -m benchmarks.dataflow measure --video expressive.mp4 --models OpenFace/ --output m.json

Long videos are made from the one given, and removed. The machine should have nothing else to do.
"""


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    result = argparse.ArgumentParser(
        prog="python -m benchmarks.dataflow",
        description=__doc__,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = result.add_subparsers(dest="command", required=True)
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--video", type=Path, required=True, metavar="V", help="a short video")
    common.add_argument("--models", metavar="PACK|DIR", help="as for pipelines.run")
    common.add_argument("--config", default="default", help="preset or TOML file")
    common.add_argument(
        "--frames", type=int, default=1500, metavar="N", help="its repeated length (default 1500)"
    )
    rounds = argparse.ArgumentParser(add_help=False)
    rounds.add_argument("--repetitions", type=int, default=3, metavar="N", help="default 3")
    speedup = commands.add_parser(
        "speedup", parents=[common, rounds], help="from one worker to two"
    )
    speedup.add_argument(
        "--without-processes", action="store_true", help="leave out worker processes"
    )
    commands.add_parser("overhead", parents=[common, rounds], help="the graph beside a plain loop")
    measure = commands.add_parser("measure", parents=[common], help="bytes and time of every stage")
    measure.add_argument("--output", type=Path, metavar="FILE", help="JSON file; default stdout")
    memory = commands.add_parser("memory", help="peak memory by length of video")
    memory.add_argument(
        "--minutes", type=int, nargs="+", default=[1, 10, 60], metavar="N", help="default 1 10 60"
    )
    memory.add_argument("--workers", type=int, default=1, metavar="N", help="threads, default 1")
    return result


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print a table."""
    arguments = parser().parse_args(argv)
    if arguments.command != "memory":
        arguments.models = str(models_folder(arguments.models))
    if arguments.command == "speedup":
        from benchmarks import speedup

        ways = [way for way in speedup.WAYS if not arguments.without_processes or "proc" not in way]
        options = ["--models", arguments.models, "--config", arguments.config]
        cases = speedup.measure_speedup(
            arguments.video, arguments.frames, arguments.repetitions, options, ways
        )
        sys.stdout.write(speedup.as_markdown(cases, arguments.repetitions))
    elif arguments.command == "overhead":
        from benchmarks import overhead

        found = overhead.measure_overhead(
            arguments.video,
            arguments.frames,
            arguments.repetitions,
            arguments.models,
            arguments.config,
        )
        sys.stdout.write(overhead.as_markdown(found, arguments.frames, arguments.repetitions))
    elif arguments.command == "measure":
        from benchmarks.stage_measurements import as_json, measure_stages

        text = as_json(
            measure_stages(arguments.video, arguments.frames, arguments.models, arguments.config)
        )
        if arguments.output is None:
            sys.stdout.write(text)
        else:
            arguments.output.write_text(text, encoding="utf-8")
    elif arguments.command == "memory":
        from benchmarks import memory
        from benchmarks.whole_runs import threads

        peaks = memory.measure_memory(arguments.minutes, threads(arguments.workers))
        sys.stdout.write(memory.as_markdown(peaks))
    return 0


if __name__ == "__main__":
    sys.exit(main())
