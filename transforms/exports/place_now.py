"""Whether an input is where it is said to be, as it was when it was analysed."""

from collections.abc import Mapping
from typing import Any

from openface_core.errors import MediaError
from openface_core.media import fingerprint
from openface_core.readable import readable
from transforms.exports.task import ExportTask


class PlaceNow:
    """The place of an input, which is looked at once, and only where that matters.

    Parameters
    ----------
    task : ExportTask
        The input.
    record : mapping
        How its table was made.
    """

    def __init__(self, task: ExportTask, record: Mapping[str, Any]) -> None:
        self._uri, self._record = task.uri, record
        self._refusal, self._is_known = task.refusal, task.refusal is not None

    def check(self) -> None:
        """Do nothing if the file there is the one that was analysed.

        Raises
        ------
        MediaError
            If it is missing, could be several inputs, or has another content.
        """
        if not self._is_known:
            self._refusal, self._is_known = self._found(), True
        if self._refusal is not None:
            raise self._refusal

    def check_name(self) -> None:
        """Do nothing if files may name the place: where the input was, or where it evidently is.

        Raises
        ------
        MediaError
            If not.
        """
        was = self._record.get("input_uri")
        if self._refusal is not None or readable(self._uri) != was:
            self.check()

    def _found(self) -> MediaError | None:
        try:
            if fingerprint(self._uri) == self._record.get("input_fingerprint"):
                return None
        except MediaError as error:
            return error
        return MediaError(
            self._uri,
            "it has changed since it was analysed",
            "Analyse it again, or name the folder of the right one with --videos.",
        )
