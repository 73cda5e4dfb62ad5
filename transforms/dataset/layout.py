"""Where things are in an output folder."""

import hashlib
import re

from transforms.dataset.storage import join

_PLAIN_NAME = re.compile(r"[A-Za-z0-9._-]+")


def is_plain_name(name: str) -> bool:
    """Return whether a name stays in its folder, as all do that this program gives.

    What a file says may be anybody's words.
    """
    return _PLAIN_NAME.fullmatch(name) is not None and name.strip(".") != ""


def frames_path(output: str, video_id: str) -> str:
    """Return where the table of an input is, unless inputs share files."""
    return join(output, "frames", f"video_id={video_id}", "frames.parquet")


def bucket_of(video_id: str, buckets: int) -> int:
    """Return which of so many files an input shares with others.

    It is the first 8 bytes of the id's SHA-256, as a big-endian number, modulo the number of files.
    """
    digest = hashlib.sha256(video_id.encode()).digest()
    return int.from_bytes(digest[:8], "big") % buckets


def bucket_path(output: str, bucket: int) -> str:
    """Return where a file that inputs share is."""
    return join(output, "frames", f"bucket={bucket:05}", "frames.parquet")


def table_folder(video_id: str, buckets: int) -> str:
    """Return the name of the folder, in ``frames``, of the file that an input's rows are in."""
    path = bucket_path("", bucket_of(video_id, buckets)) if buckets else frames_path("", video_id)
    return path.split("/")[-2]


def metrics_path(output: str) -> str:
    """Return where the counts and times of the last run are."""
    return join(output, "metrics.json")


def errors_path(output: str) -> str:
    """Return where the error table is."""
    return join(output, "errors.parquet")


def summary_path(output: str) -> str:
    """Return where the summary is."""
    return join(output, "summary.parquet")


def persons_path(output: str) -> str:
    """Return where it stands which videos show the same person."""
    return join(output, "persons.parquet")


def embeddings_folder(output: str) -> str:
    """Return where embeddings are, if they are kept."""
    return join(output, "embeddings")


def embeddings_path(output: str, video_id: str) -> str:
    """Return where the embeddings of a video's persons are."""
    return join(embeddings_folder(output), f"{video_id}.parquet")
