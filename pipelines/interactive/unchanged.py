"""Whether an input is still what was analysed."""

from openface_core.errors import MediaError
from openface_core.media import fingerprint
from openface_core.media.file_state import file_state
from openface_core.media.sources import is_in_memory, locate
from transforms.records import InputContent


def check_unchanged(uri: str, content: InputContent, *, may_be_gone: bool = False) -> None:
    """Refuse an input that has been replaced since it was analysed.

    Parameters
    ----------
    uri : str
        The input. Frames in memory do not change.
    content : InputContent
        What it held when it was analysed.
    may_be_gone : bool
        Whether it need not be there any more.

    Raises
    ------
    MediaError
        If it holds something else, or cannot be read.
    """
    if is_in_memory(uri) or (may_be_gone and not locate(uri).exists()):
        return
    if content.states is not None and file_state(uri) == content.states[0]:
        return  # which spares reading it
    if fingerprint(uri) != content.fingerprint:
        raise MediaError(uri, "it has changed since it was analysed", "Analyse it again.")
