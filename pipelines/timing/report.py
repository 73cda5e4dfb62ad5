"""What ``profile`` measures, as text and as JSON."""

import json
import platform
from dataclasses import asdict, dataclass

from openface_core import __version__
from pipelines.comparison.report import plain_table
from pipelines.timing.components import ComponentTime
from pipelines.timing.providers import ProviderTime
from pipelines.timing.runs import RunTime


@dataclass(frozen=True)
class Profile:
    """What was measured.

    Parameters
    ----------
    video : str
        The video.
    frames : int
        Frames on which the components were timed.
    components : tuple of ComponentTime
        One thread, one frame after the other.
    runs : tuple of RunTime
        Whole runs of the main job.
    providers : tuple of ProviderTime
        Execution providers that were compared.
    """

    video: str
    frames: int
    components: tuple[ComponentTime, ...]
    runs: tuple[RunTime, ...]
    providers: tuple[ProviderTime, ...] = ()

    @property
    def mean_ms(self) -> float:
        """Time of all components per frame."""
        return sum(c.mean_ms * c.frames for c in self.components) / self.frames


def as_text(found: Profile) -> str:
    """Return the figures as tables for a terminal."""
    rows = [
        (
            c.name,
            f"{c.mean_ms:.3f}",
            f"{c.median_ms:.3f}",
            f"{c.p95_ms:.3f}",
            f"{c.share:.1%}",
            f"{c.fps:.0f}",
        )
        for c in found.components
    ]
    total = found.mean_ms
    rows.append(("all", f"{total:.3f}", "", "", "100.0%", f"{1e3 / total:.0f}"))
    header = ("component", "mean ms", "median ms", "p95 ms", "of total", "fps")
    blocks = [
        f"{found.video}: {found.frames} frames, one thread, wall time per frame",
        plain_table(header, rows),
        "Compilation is not included. Medians move on every other frame, so that mean and median "
        "differ; post-processing and the table's writing are spread over the frames.",
    ]
    if found.providers:
        blocks += _providers_as_text(found.providers)
    if found.runs:
        run_rows = [
            (
                str(r.workers),
                str(r.inputs),
                str(r.frames),
                f"{r.wall_seconds:.2f}",
                f"{r.cpu_seconds:.2f}",
                f"{r.fps:.1f}",
                f"{r.peak_memory_mib:.0f}",
            )
            for r in found.runs
        ]
        run_header = (
            "workers", "inputs", "frames", "wall s", "CPU s", "fps", "peak memory MiB",
        )  # fmt: skip
        blocks += [
            "The main job, from the start of its process to its end (imports and models included); "
            "each worker has a copy of the video:",
            plain_table(run_header, run_rows),
        ]
    return "\n\n".join(blocks) + "\n"


def _providers_as_text(providers: tuple[ProviderTime, ...]) -> list[str]:
    units = list(dict.fromkeys(unit for p in providers for unit in p.differences))
    rows = [
        (
            f"{p.name} ({p.runs_on})",
            f"{p.cpu_ms:.3f}",
            f"{p.wall_ms:.3f}",
            *(f"{p.differences[unit]:.2g}" if unit in p.differences else "" for unit in units),
            str(p.other_frames) if p.differences else "",
        )
        for p in providers
    ]
    names = ("number" if unit == "1" else unit for unit in units)
    header = ("provider", "CPU ms", "wall ms", *names, "other faces")
    return [
        "Detection and landmarks per frame, and the largest difference of all results from the "
        "first provider's, by unit:",
        plain_table(header, rows),
        "Other faces: rows in which only one of the two found the face.",
    ]


def as_json(found: Profile) -> str:
    """Return the figures as JSON."""
    document = {
        "software": f"openface-beam {__version__}",
        "machine": {"system": platform.system(), "processor": platform.machine()},
        "video": found.video,
        "frames": found.frames,
        "mean_ms_per_frame": found.mean_ms,
        "components": [asdict(c) | {"fps": c.fps} for c in found.components],
        "providers": [asdict(p) for p in found.providers],
        "runs": [asdict(r) | {"fps": r.fps} for r in found.runs],
    }
    return json.dumps(document, indent=2) + "\n"
