"""A large corpus on many workers, on paper: bytes, critical path and cost from measured figures.

``python -m benchmarks.scaling_model MEASURED.json`` reads what ``python -m benchmarks.dataflow
measure`` wrote and prints the tables of docs/scaling.md. What was not measured is an option, and
its default an assumption.
"""

import argparse
import heapq
import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from openface_core.analysis.settings import ShardSettings
from transforms.stages.prepare_calibration import BLOCK_FRAMES

_HOURS_PER_MONTH = 730.0
_SHARD_STAGE = "ExtractShards"
_BLOCK_STAGE = "CalibrateBlocks"
_READS_OF_FEATURES = 3
"""Histograms, medians and the table each read every file of features once."""


@dataclass(frozen=True)
class Assumptions:
    """What the model takes for granted.

    Parameters
    ----------
    hours : float
        Hours of video.
    video_minutes : float
        Length of each video.
    workers : int
        Workers, each with one core.
    memory_gib : float
        Memory that is paid for each of them.
    slow_share, slow_factor : float
        This share of the workers takes so many times as long.
    preemptions_per_hour : float
        How often a spot worker is taken away; the shard under way is lost, and it starts anew.
    vcpu_hour_usd, gib_hour_usd : float
        Price of an on-demand core and of a GiB of memory.
    spot_share : float
        Price of a spot worker as a share of that.
    gb_month_usd, writes_1000_usd, reads_1000_usd : float
        Prices of an object store.
    """

    hours: float = 10_000.0
    video_minutes: float = 10.0
    workers: int = 1000
    memory_gib: float = 2.0
    slow_share: float = 0.02
    slow_factor: float = 3.0
    preemptions_per_hour: float = 0.05
    vcpu_hour_usd: float = 0.021811
    gib_hour_usd: float = 0.002923
    spot_share: float = 0.4
    gb_month_usd: float = 0.020
    writes_1000_usd: float = 0.005
    reads_1000_usd: float = 0.0004

    @property
    def videos(self) -> int:
        """Videos in all."""
        return round(self.hours * 60 / self.video_minutes)


@dataclass(frozen=True)
class Corpus:
    """How a corpus is divided.

    Parameters
    ----------
    videos, frames, shards, blocks : int
        In all.
    frames_per_video, shards_per_video, blocks_per_video : int
        Of each video.
    """

    videos: int
    frames: int
    shards: int
    blocks: int
    frames_per_video: int
    shards_per_video: int
    blocks_per_video: int


def divide(assumed: Assumptions, fps: float, shard_seconds: float) -> Corpus:
    """Return how the corpus is divided into shards and blocks."""
    frames = round(assumed.video_minutes * 60 * fps)
    shards = max(1, round(assumed.video_minutes * 60 / shard_seconds))
    shards_per_block = -(-BLOCK_FRAMES // round(shard_seconds * fps))
    blocks = -(-shards // shards_per_block)
    videos = assumed.videos
    return Corpus(videos, videos * frames, videos * shards, videos * blocks, frames, shards, blocks)


def list_schedule(seconds: Iterable[float], speeds: Sequence[float]) -> float:
    """Return when the last task ends if each goes to the worker that is free first.

    Parameters
    ----------
    seconds : iterable of float
        Work of each task, in the order in which they are handed out.
    speeds : sequence of float
        Work that each worker does per second.
    """
    free = [(0.0, k) for k in range(len(speeds))]
    end = 0.0
    for work in seconds:
        at, worker = heapq.heappop(free)
        at += work / speeds[worker]
        end = max(end, at)
        heapq.heappush(free, (at, worker))
    return end


@dataclass(frozen=True)
class Phase:
    """Work between two barriers of the graph.

    Parameters
    ----------
    name : str
        What is done.
    tasks : int
        Elements that workers share.
    cpu_seconds : float
        Work in all.
    wall_seconds : float
        From the first task's start to the last one's end.
    """

    name: str
    tasks: int
    cpu_seconds: float
    wall_seconds: float


def _linear(stage: dict[str, Any], frames: int) -> tuple[float, float]:
    """Return a stage's seconds per video and per frame, from one frame and from many."""
    per_video = float(stage["seconds_of_a_video_of_one_frame"])
    return per_video, max(0.0, stage["seconds"] - per_video) / frames


def phases_of(measured: dict[str, Any], corpus: Corpus, assumed: Assumptions) -> list[Phase]:
    """Return the phases of a run, simulated with slow workers and workers that are taken away."""
    rng = np.random.default_rng(0)
    speeds = np.ones(assumed.workers)
    slow = rng.choice(assumed.workers, round(assumed.slow_share * assumed.workers), replace=False)
    speeds[slow] = 1 / assumed.slow_factor
    frames = measured["frames"]
    result = [
        Phase(
            "start a worker",
            assumed.workers,
            measured["start_up_cpu_seconds"] * assumed.workers,
            measured["start_up_cpu_seconds"] * assumed.slow_factor,
        )
    ]

    def add(name: str, count: int, mean: float, spread: Sequence[float] = (1.0,)) -> None:
        work = mean * rng.choice(np.asarray(spread), count)
        # A task that is taken away starts again on another worker, after half of it on average.
        lost = rng.random(count) < work * assumed.preemptions_per_hour / 3600
        again = measured["start_up_cpu_seconds"]
        work = work + lost * (0.5 * work + again)
        wall = list_schedule(work.tolist(), speeds.tolist())
        result.append(Phase(name, count, float(work.sum()), wall))

    add(
        "read the packets",
        corpus.videos,
        corpus.frames_per_video * measured["index_seconds"] / frames,
    )
    shards = np.array(measured["shard_seconds"])
    per_shard = sum(measured["shard_seconds"]) / frames * corpus.frames / corpus.shards
    add(_SHARD_STAGE, corpus.shards, per_shard, (shards / shards.mean()).tolist())
    for name, stage in measured["stages"].items():
        if name == _SHARD_STAGE:
            continue
        per_video, per_frame = _linear(stage, frames)
        of_a_video = per_video + per_frame * corpus.frames_per_video
        if name == _BLOCK_STAGE:
            add(name, corpus.blocks, of_a_video / corpus.blocks_per_video)
        else:
            add(name, corpus.videos, of_a_video)
    order = ["start", "read", "Extract", "Prepare", "Calibrate", "Offsets", "Finish"]
    return sorted(
        result,
        key=lambda p: next((k for k, word in enumerate(order) if word in p.name), len(order)),
    )


@dataclass(frozen=True)
class Bytes:
    """Bytes of a run.

    Parameters
    ----------
    shuffled, work, tables, video : float
        Through the runner's shuffle; at most in the work folder; written; read.
    writes, reads : float
        Operations on the object store.
    """

    shuffled: float
    work: float
    tables: float
    video: float
    writes: float
    reads: float


def bytes_of(measured: dict[str, Any], corpus: Corpus) -> Bytes:
    """Return the bytes and the operations of a run."""
    frames, shards = measured["frames"], len(measured["shard_seconds"])
    one = measured["shuffled_bytes_of_a_video_of_one_frame"]
    per_shard = (measured["shuffled_bytes"] - one) / max(1, shards - 1)
    work = measured["work_bytes"]
    states = max(1, measured["work_files"].get("medians", 0))
    per_frame = (work["features"] + work["scores"]) / frames
    per_state = work.get("medians", 0) / states
    state_count = corpus.blocks - corpus.videos
    ratio = corpus.frames / frames
    return Bytes(
        shuffled=corpus.videos * one + (corpus.shards - corpus.videos) * per_shard,
        work=corpus.frames * per_frame + state_count * per_state,
        tables=measured["table_bytes"] * ratio,
        video=measured["video_bytes"] * ratio,
        writes=corpus.shards + state_count + corpus.blocks + corpus.videos,
        reads=(
            corpus.videos  # its packets
            + 2 * corpus.shards  # its head, and the part itself
            + _READS_OF_FEATURES * corpus.shards
            + state_count
            + corpus.blocks
        ),
    )


def _cost(
    assumed: Assumptions, used: Bytes, wall_seconds: float, price_share: float
) -> tuple[float, float]:
    """Return the cost of workers and of the object store, in US dollars."""
    hour = assumed.vcpu_hour_usd + assumed.memory_gib * assumed.gib_hour_usd
    workers = assumed.workers * wall_seconds / 3600 * hour * price_share
    store = (
        used.writes / 1000 * assumed.writes_1000_usd
        + used.reads / 1000 * assumed.reads_1000_usd
        + used.work / 1e9 * assumed.gb_month_usd * wall_seconds / 3600 / _HOURS_PER_MONTH
    )
    return workers, store


def as_markdown(measured: dict[str, Any], assumed: Assumptions) -> str:
    """Return the tables of docs/scaling.md."""
    corpus = divide(assumed, measured["fps"], ShardSettings().seconds)
    phases, used = phases_of(measured, corpus, assumed), bytes_of(measured, corpus)
    wall = sum(phase.wall_seconds for phase in phases)
    work = sum(phase.cpu_seconds for phase in phases)
    on_demand, store = _cost(assumed, used, wall, 1.0)
    spot, _ = _cost(assumed, used, wall, assumed.spot_share)
    frames = measured["frames"]
    lines = [
        f"Measured on: {measured['machine']}; {measured['video']} repeated to {frames} frames.",
        "",
        "| measured | per frame | per video |",
        "| --- | --- | --- |",
        f"| reading packets, ms | {1e3 * measured['index_seconds'] / frames:.4f} | |",
    ]
    for name, stage in measured["stages"].items():
        per_video, per_frame = _linear(stage, frames)
        lines.append(f"| {name}, ms | {1e3 * per_frame:.3f} | {1e3 * per_video:.1f} |")
    lines += [
        *(
            f"| work folder, {kind}, bytes | {size / frames:.0f} | |"
            for kind, size in sorted(measured["work_bytes"].items())
        ),
        f"| table, bytes | {measured['table_bytes'] / frames:.0f} | |",
        f"| video, bytes | {measured['video_bytes'] / frames:.0f} | |",
        f"| shuffled, bytes | {measured['shuffled_bytes'] / frames:.1f} "
        f"| {measured['shuffled_bytes_of_a_video_of_one_frame']} |",
        f"| planning before the pipeline, ms | "
        f"| {1e3 * measured['planning_seconds_per_input']:.2f} |",
        f"| the graph, bytes | | {measured['graph_bytes_per_input']:.0f} |",
        "",
        f"{assumed.hours:,.0f} hours in {corpus.videos:,} videos of {assumed.video_minutes:g} "
        f"minutes, {corpus.frames:,} frames, {corpus.shards:,} shards, {corpus.blocks:,} blocks, "
        f"on {assumed.workers:,} workers of one core:",
        "",
        "| phase | tasks | CPU hours | critical path, min |",
        "| --- | --- | --- | --- |",
        *(
            f"| {phase.name} | {phase.tasks:,} | {phase.cpu_seconds / 3600:,.1f} "
            f"| {phase.wall_seconds / 60:,.1f} |"
            for phase in phases
        ),
        f"| all | | {work / 3600:,.1f} | {wall / 60:,.1f} |",
        "",
        f"Of the workers' time, {work / (assumed.workers * wall):.0%} is work.",
        "",
        "| | in all | per hour of video |",
        "| --- | --- | --- |",
    ]
    sizes = {
        "video read, GB": used.video,
        "the graph, GB": corpus.videos * measured["graph_bytes_per_input"],
        "through the shuffle, GB": used.shuffled,
        "work folder at its largest, GB": used.work,
        "tables, GB": used.tables,
    }
    for name, size in sizes.items():
        digits = 1 if size > 1e9 else 4
        lines.append(f"| {name} | {size / 1e9:,.{digits}f} | {size / 1e9 / assumed.hours:.2g} |")
    amounts = {
        "object store, writes": used.writes,
        "object store, reads": used.reads,
        "workers on demand, USD": on_demand,
        "workers on the spot market, USD": spot,
        "object store, USD": store,
    }
    for name, amount in amounts.items():
        each = amount / assumed.hours
        lines.append(f"| {name} | {amount:,.0f} | {each:,.{0 if each > 1 else 4}f} |")
    return "\n".join(lines) + "\n"


def main(argv: Sequence[str] | None = None) -> int:
    """Read the figures and print the tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scaling_model", description=__doc__)
    parser.add_argument("measured", type=Path, help="JSON file of the measurements")
    for name, value in vars(Assumptions()).items():
        parser.add_argument(
            f"--{name.replace('_', '-')}",
            type=type(value),
            default=value,
            metavar="X",
            help=f"default {value}",
        )
    arguments = vars(parser.parse_args(argv))
    measured = json.loads(arguments.pop("measured").read_text(encoding="utf-8"))
    sys.stdout.write(as_markdown(measured, Assumptions(**arguments)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
