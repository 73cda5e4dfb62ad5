"""Where things are in an output folder."""

from transforms.storage import join


def frames_path(output: str, video_id: str) -> str:
    """Return where the table of an input is."""
    return join(output, "frames", f"video_id={video_id}", "frames.parquet")


def errors_path(output: str) -> str:
    """Return where the error table is."""
    return join(output, "errors.parquet")
