"""Which inputs have a table, by what lies beside the tables: it is known though one is damaged."""

import pyarrow as pa
import pyarrow.parquet as pq

from openface_core.errors import OutputError
from openface_core.media.sources import locate
from transforms.dataset.error_table import read_problems
from transforms.dataset.layout import is_plain_name, summary_path
from transforms.dataset.storage import read_whole


def remembered_inputs(output: str) -> dict[str, str]:
    """Return the inputs that the summary, or a row on a damaged table, knows to have a table.

    Parameters
    ----------
    output : str
        The output folder.

    Returns
    -------
    dict of str to str
        By video id, where the input is; empty where that is not known. Nothing if there is neither
        a readable summary nor such a row.

    Raises
    ------
    OutputError
        If storage refuses.
    """
    told = {
        row.video_id: "" if row.names_the_table else row.uri
        for row in read_problems(output)
        # A file may stand for inputs that are not known.
        if row.is_of_damaged_table and is_plain_name(row.video_id)
    }
    return told | _summarised(output)


def _summarised(output: str) -> dict[str, str]:
    path = summary_path(output)
    if not locate(path, error=OutputError).exists():
        return {}
    try:
        file = pq.ParquetFile(read_whole(path), pre_buffer=False)
        rows = file.read(["video_id", "uri"], use_threads=False)
        pairs = zip(rows["video_id"].to_pylist(), rows["uri"].to_pylist(), strict=True)
        return {str(video_id): str(uri) for video_id, uri in pairs}
    except (pa.ArrowException, OSError, KeyError, ValueError):
        return {}  # damaged, which counts as absent
