"""Downloading the files of packs, each checked before it gets its name."""

from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from models.checked_file import CHUNK_BYTES, CheckedWriter, writing
from models.registry import PackFile
from models.store import ModelStore
from openface_core.errors import ConfigError, DownloadError

_RETRIES = 3
_TIMEOUT_SECONDS = (15.0, 60.0)
_FIRST_SERVER_FAULT = 500
_TOO_MANY_REQUESTS = 429
_MAX_REASON = 160


def address_of(file: PackFile, base_url: str | None) -> str | None:
    """Return where a file is to be had, or None if it has no address.

    Parameters
    ----------
    file : PackFile
        The file.
    base_url : str or None
        A mirror: a copy of a models folder on a web server.

    Raises
    ------
    ConfigError
        If the mirror's address is not one of a web server.
    """
    if base_url is None:
        return file.url
    if not base_url.startswith(("https://", "http://")):
        raise ConfigError(
            base_url, "not the address of a web server", "Give --base-url https://... or http://..."
        )
    return f"{base_url.rstrip('/')}/{quote(file.path)}"


def download(file: PackFile, url: str, store: ModelStore, on_bytes: Callable[[int], None]) -> Path:
    """Download a file, or take it from an earlier, interrupted command.

    A failed download is tried again after one second, two seconds and so on.

    Parameters
    ----------
    file : PackFile
        What is expected.
    url : str
        Its address.
    store : ModelStore
        Where it waits until all files of its pack are there.
    on_bytes : callable
        Gets the number of bytes whenever some have come.

    Returns
    -------
    Path
        The waiting file, whole and checked.

    Raises
    ------
    DownloadError
        If the server does not give it.
    ModelFileError
        If the server gives something else; both hashes are told.
    OutputError
        If storage refuses.
    """
    # Both take a while to import, which other commands need not wait for.
    import pooch
    import requests

    pooch.get_logger().setLevel("WARNING")
    waiting = store.incoming(file)
    cache = pooch.create(
        path=waiting.parent,
        base_url="",
        registry={waiting.name: file.sha256},
        urls={waiting.name: url},
        retry_if_failed=_RETRIES,
    )
    with writing(store.root):
        try:
            return Path(cache.fetch(waiting.name, downloader=_Downloader(file, on_bytes)))
        except requests.RequestException as error:  # an OSError, but not storage's
            raise DownloadError(
                url,
                f"{file.path} could not be downloaded ({_reason(error)})",
                "Check the address and the network, then run the command again: files that are "
                "there already are kept.",
            ) from error


def _reason(error: Exception) -> str:
    """Return what went wrong, in plain words where there are some."""
    response = getattr(error, "response", None)
    if response is not None:
        return f"the server says {response.status_code} {response.reason}"
    text = str(error)
    if "timed out" in text:
        return "the server does not answer"
    if "NewConnectionError" in text or "NameResolutionError" in text:
        return "the server cannot be reached"
    return text[:_MAX_REASON]


class _Downloader:
    """What pooch calls at every try, with the temporary file that it renames afterwards."""

    def __init__(self, file: PackFile, on_bytes: Callable[[int], None]) -> None:
        self._file = file
        self._on_bytes = on_bytes

    def __call__(self, url: str, output_file: str, pooch: object) -> None:
        import requests
        from pooch import HTTPDownloader

        # Not compressed on the way: the size on the wire is the file's.
        get = HTTPDownloader(
            chunk_size=CHUNK_BYTES,
            timeout=_TIMEOUT_SECONDS,
            headers={"Accept-Encoding": "identity"},
        )
        with Path(output_file).open("wb") as target:
            writer = CheckedWriter(target, self._file, url, self._on_bytes)
            try:
                get(url, writer, pooch)
                if writer.is_short:
                    raise requests.ConnectionError(
                        f"it ended after {writer.written_bytes} of {self._file.size_bytes} bytes"
                    )
                writer.finish()
            except requests.HTTPError as error:
                status = getattr(error.response, "status_code", _FIRST_SERVER_FAULT)
                if status >= _FIRST_SERVER_FAULT or status == _TOO_MANY_REQUESTS:
                    raise
                raise DownloadError(  # asking again would give the same answer
                    url,
                    f"{self._file.path} is not there ({_reason(error)})",
                    "Check --base-url, or import the file from a folder.",
                ) from error
            except Exception:
                self._on_bytes(-writer.written_bytes)
                raise
