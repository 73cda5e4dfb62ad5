"""The analysis of one video without a graph: the loop that the dataflow is compared with.

``python -m benchmarks.plain_loop VIDEO MODELS CONFIG`` prints its wall and CPU seconds as JSON;
loading and compiling are not counted.
"""

import json
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq

from models import locate_models
from openface_core.analysis.analyser import Analyser
from openface_core.analysis.engine import load_engine, warm_up
from pipelines.configuration.config_file import load_settings


def seconds_of_loop(video: str, models: str, config: str) -> dict[str, float]:
    """Return what it takes to decode, analyse and write one video, on one thread."""
    settings = load_settings(config)
    settings = replace(settings, onnxruntime=replace(settings.onnxruntime, threads=1))
    files = locate_models(Path(models), settings.models, with_networks=True)
    engine = load_engine(files, settings)
    warm_up(engine)
    wall, cpu = time.monotonic(), time.process_time()
    table = Analyser(engine, settings).video(video).table
    with tempfile.TemporaryFile() as file:
        pq.write_table(
            table,
            file,
            compression="zstd",
            compression_level=settings.output.zstd_level,
        )
    return {
        "wall_seconds": time.monotonic() - wall,
        "cpu_seconds": time.process_time() - cpu,
        "frames": table.num_rows,
    }


if __name__ == "__main__":
    sys.stderr.write(json.dumps(seconds_of_loop(*sys.argv[1:])))
