"""A corpus on Flink clusters of several hosts of this machine, compared with one process.

``python -m benchmarks.cluster --input videos/ --hosts 2 3 --models OpenFace/`` runs the main job
with DirectRunner, then on a cluster of each size. It says whether the bytes are the same, what each
host had to do, and what that took. With ``--kills 10 --victim worker`` it kills a worker, or the
task manager, of a random host at a random moment of a run, so many times one after the other, and
counts the frames that were analysed in vain. Options that it does not know go to the main job;
those of ``--on-clusters`` only where it runs on one: ``--on-clusters=--use_data_stream_for_batch``.

Hosts share the cores of this machine: times tell how a cluster deals out work, not how fast one is.
"""

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.whole_runs import machine
from pipelines.comparison.invariance import differences, hashes
from pipelines.local_cluster.flink import FlinkCluster, flink_cluster
from pipelines.local_cluster.runs import (
    ClusterRun,
    metrics_of,
    start_main_job,
    unfinished_frames,
)

VICTIMS = ("worker", "task-manager")
_RUN_SECONDS = 3600.0
_STEP_SECONDS = 0.1


@dataclass(frozen=True)
class Corpus:
    """What is analysed, and what one process makes of it.

    Parameters
    ----------
    words : sequence of str
        Options of the main job.
    frames : int
        Frames of all inputs.
    longest_shard : int
        Frames of the longest shard.
    hashes : dict of str to str
        SHA-256 of every file of the dataset.
    """

    words: Sequence[str]
    frames: int
    longest_shard: int
    hashes: dict[str, str]

    def verdict(self, output: Path) -> str:
        """Return whether another dataset has the same bytes, in words."""
        changed = differences(self.hashes, hashes(output))
        return f"DIFFERENT: {', '.join(changed[:5])}" if changed else "the same bytes"


@dataclass(frozen=True)
class Kill:
    """A kill in a run that went on to its end.

    Parameters
    ----------
    victim : str
        What was killed, and on which host.
    at_frame : int
        Frames that were analysed by then.
    in_vain : int
        Frames of shards that no work file had been written of yet: they are analysed again.
    longest_shard : int
        Frames of the longest shard.
    seconds : float
        What the run took.
    verdict : str
        Whether the bytes are the same.
    """

    victim: str
    at_frame: int
    in_vain: int
    longest_shard: int
    seconds: float
    verdict: str

    def __str__(self) -> str:
        share = self.in_vain / max(1, self.longest_shard)
        return (
            f"{self.victim} killed after {self.at_frame} frames: {self.verdict}, "
            f"{self.in_vain} frames in vain ({share:.2f} times the longest shard), "
            f"{self.seconds:.0f} s"
        )


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    result = argparse.ArgumentParser(
        prog="python -m benchmarks.cluster",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    result.add_argument("--input", type=Path, nargs="+", required=True, help="videos, or folders")
    result.add_argument("--hosts", type=int, nargs="+", default=(1, 2, 3), help="cluster sizes")
    result.add_argument("--slots", type=int, default=1, help="task slots of each host")
    result.add_argument(
        "--on-clusters", action="append", default=[], metavar="OPTION", help="of Beam, for clusters"
    )
    result.add_argument(
        "--kills", type=int, default=0, help="runs with a kill, on two hosts and a spare one"
    )
    result.add_argument("--victim", choices=VICTIMS, default=VICTIMS[0])
    result.add_argument("--seed", type=int, default=0, help="of the moments and hosts of kills")
    return result


def finished(run: ClusterRun) -> None:
    """Wait for the end of a run.

    Raises
    ------
    RuntimeError
        If it fails; that some inputs do is none.
    """
    if run.wait(_RUN_SECONDS) not in (0, 3):
        raise RuntimeError(run.told())


def on_one_process(words: Sequence[str], output: Path) -> tuple[Corpus, float]:
    """Return the corpus, and the seconds that it took."""
    began = time.monotonic()
    finished(start_main_job([*words, "--runner=DirectRunner"], output))
    found = metrics_of(output)
    frames = int(found["counters"]["frames_extracted"])
    longest = int(found["distributions"]["shard_frames"]["max"])
    return Corpus(words, frames, longest, hashes(output)), time.monotonic() - began


def describe_hosts(output: Path) -> Iterator[str]:
    """Yield a line for each host, and one on how even the load was."""
    hosts = metrics_of(output)["hosts"]
    for name, host in sorted(hosts.items()):
        yield (
            f"  {name}: {host['shards']:.0f} shards, {host['frames']:.0f} frames, "
            f"{host['seconds']:.1f} s of extraction"
        )
    seconds = [host["seconds"] for host in hosts.values()]
    most, least = max(seconds), max(min(seconds), 0.1)
    yield f"  busiest host {most:.1f} s, {most / least:.2f} times the idlest"


def on_hosts(
    corpus: Corpus, count: int, slots: int, further: Sequence[str], folder: Path
) -> Iterator[str]:
    """Run a corpus on a cluster of so many hosts, and yield lines about it."""
    (folder / "cluster").mkdir(parents=True)
    output = folder / "results"
    with flink_cluster(folder / "cluster", count, slots) as cluster:
        began = time.monotonic()
        finished(start_main_job([*corpus.words, *cluster.options, *further], output))
        took = time.monotonic() - began
    yield f"{count} hosts with {slots} slots: {corpus.verdict(output)}, {took:.0f} s"
    yield from describe_hosts(output)


def _kill(cluster: FlinkCluster, victim: str, chance: random.Random) -> str | None:
    """Kill a worker or a task manager; None where there is none just now."""
    busy = [host for host in cluster.hosts if cluster.workers(host)]
    if not busy:
        return None
    host = chance.choice(busy)
    if victim == "worker":
        cluster.kill_worker(chance.choice(cluster.workers(host)))
    else:
        cluster.services.kill(f"task-manager-{host.name}")
    return f"{victim} of {host.name}"


def killed_run(
    corpus: Corpus, cluster: FlinkCluster, victim: str, chance: random.Random, output: Path
) -> Kill:
    """Run a corpus, and kill something when a random number of frames is analysed."""
    aim = chance.randrange(corpus.frames)
    began = time.monotonic()
    # A spare host stays without work until another one is lost.
    busy = f"--parallelism={cluster.slots * (len(cluster.hosts) - 1)}"
    run = start_main_job([*corpus.words, *cluster.options, busy], output)
    done, in_vain, killed = 0, 0, None
    while killed is None and run.process.poll() is None:
        done, in_vain = unfinished_frames(output)
        if done >= aim:
            killed = _kill(cluster, victim, chance)
        time.sleep(_STEP_SECONDS)
    finished(run)
    took = time.monotonic() - began
    killed = killed or "nothing: the run had ended"
    return Kill(killed, done, in_vain, corpus.longest_shard, took, corpus.verdict(output))


def kills(corpus: Corpus, count: int, victim: str, seed: int, folder: Path) -> Iterator[Kill]:
    """Run a corpus so many times on two hosts and a spare one, with a kill each."""
    chance = random.Random(seed)  # noqa: S311 - moments, not secrets
    (folder / "cluster").mkdir(parents=True)
    with flink_cluster(folder / "cluster", 3) as cluster:
        for number in range(count):
            kill = killed_run(corpus, cluster, victim, chance, folder / f"{number}")
            yield kill
            if victim == "task-manager" and " of " in kill.victim:
                name = kill.victim.rpartition(" ")[2]
                cluster.start_task_manager(next(h for h in cluster.hosts if h.name == name))
                cluster.wait_for_slots(3)


def _say(line: object) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main(argv: Sequence[str] | None = None) -> int:
    """Run and print; returns 0, or 1 if a dataset differs."""
    options, rest = parser().parse_known_args(argv)
    words = ["--input", *(str(path.resolve()) for path in options.input), *rest]
    _say(machine())
    is_same = True
    with tempfile.TemporaryDirectory(prefix="openface-beam-cluster-") as name:
        folder = Path(name)
        corpus, took = on_one_process(words, folder / "here")
        _say(f"DirectRunner: {corpus.frames} frames in {took:.0f} s")
        for line in _lines(options, corpus, folder):
            is_same = is_same and "DIFFERENT" not in line
            _say(line)
    return 0 if is_same else 1


def _lines(options: argparse.Namespace, corpus: Corpus, folder: Path) -> Iterator[str]:
    if options.kills:
        found = kills(corpus, options.kills, options.victim, options.seed, folder)
        yield from map(str, found)
        return
    for count in options.hosts:
        yield from on_hosts(
            corpus, count, options.slots, options.on_clusters, folder / f"on-{count}"
        )


if __name__ == "__main__":
    sys.exit(main())
