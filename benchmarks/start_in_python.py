"""Analyses one frame as Python users do, or as a worker of a cluster does, and says when.

``python -m benchmarks.start_in_python STARTED WHO VIDEO MODELS CONFIG`` is what
:mod:`benchmarks.startup` runs in a process of its own; STARTED is the monotonic time at which that
was started, WHO is one of :data:`WAYS`, and MODELS and CONFIG may be empty.
"""

import json
import sys
import tempfile
import time
from collections.abc import Callable

PYTHON_MARKS = ("imports", "models loaded", "first frame")
"""What is noted, in the order in which it happens."""

Note = Callable[[str], None]


def analyser(note: Note, video: str, models: str | None, config: str | None) -> None:
    """Do what the first lines of a script do."""
    from openface_beam import Analyser

    note(PYTHON_MARKS[0])
    measure = Analyser(models, config, progress=False)
    note(PYTHON_MARKS[1])
    measure.video(video)


def worker(note: Note, video: str, models: str | None, config: str | None) -> None:
    """Do what a worker does until it has analysed its first shard."""
    import pipelines.main_job.graph  # noqa: F401 - what comes with the graph
    from models import locate_models
    from pipelines.configuration.model_choice import choose_models
    from transforms.records import VideoTask
    from transforms.stages.engine_handle import EngineHandle
    from transforms.stages.extract_shards import ExtractShards
    from transforms.work.cutting import cut_into_shards
    from transforms.work.folder import local_folders

    note(PYTHON_MARKS[0])
    choice = choose_models(models, config)
    files = locate_models(choice.folder(), choice.settings.models)
    handle = EngineHandle(files, choice.settings)
    engine = handle.acquire()
    note(PYTHON_MARKS[1])
    with tempfile.TemporaryDirectory(prefix="openface-beam-benchmark-") as folder:
        stage = ExtractShards(handle, local_folders(folder))
        for shard in cut_into_shards(VideoTask("video", video), choice.settings):
            list(stage.work(shard, engine))


WAYS = {"Analyser": analyser, "worker": worker}
"""Who analyses."""


def main() -> None:
    """Run one of them; the marks go to stdout as JSON."""
    started, who, video, models, config = sys.argv[1:]
    marks: dict[str, tuple[float, float]] = {}

    def note(mark: str) -> None:
        marks[mark] = (time.monotonic() - float(started), time.process_time())

    WAYS[who](note, video, models or None, config or None)
    note(PYTHON_MARKS[2])
    sys.stdout.write(json.dumps(marks) + "\n")


if __name__ == "__main__":
    main()
