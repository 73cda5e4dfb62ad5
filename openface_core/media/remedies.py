"""What can be done about the warnings of decoding."""

import re

_REMEDIES = (
    (
        r"only the first of|several pictures",
        "Save the pictures as files of one folder, or a video.",
    ),
    (r"formats that are not read", "Convert them to JPEG or PNG, and analyse the folder again."),
    (
        r"colours that cannot be converted",
        "Mind it where faces look odd; a copy in BT.709, the usual kind, is converted exactly.",
    ),
    (
        r"without frames",
        "If that part of the file was lost, copy it again; later frames have their right times.",
    ),
    (r"they are timed at", "Check that rate; a container such as MKV has times of its own."),
    (
        r"size changes within the folder",
        "If these are not pictures of one film, analyse them as pictures: without --image-folders.",
    ),
    (
        r"frame size changes|rotation changes",
        "If that was not filmed so, cut the parts into files of their own.",
    ),
    (
        r"time stamp does not increase",
        "Mind it where time stamps are subtracted; a new container, such as MKV, may mend them.",
    ),
    (r"no multiple of 90", "These frames were not turned; save the video upright."),
    (r"have no time stamp$", "Count in frames there; a container such as MKV has times."),
    (
        r"damaged and (was|were) patched up( \(|,)",
        "Look whether a part of the picture is grey or shifted, and copy it again.",
    ),
    (r"video tracks", "Cut another one into a file of its own, as with ffmpeg -map 0:v:1."),
    (
        r"no face in the picture",
        "Look at these rows of the file of landmarks; those of faces in the picture are measured.",
    ),
    (
        r"file of landmarks ends",
        "If there are faces after it, write the file again, from this very video.",
    ),
    (r"marked missing", "Mind these frames where single landmarks matter; leave them out if so."),
    (r"taken to be square", "State the right sample aspect ratio in the file."),
)
_OTHERWISE = "What could be decoded was analysed; copy or repair the file for the rest."


def remedy_of(warning: str) -> str:
    """Return what can be done about a warning of a :class:`MediaReader`, in one sentence."""
    return next((remedy for words, remedy in _REMEDIES if re.search(words, warning)), _OTHERWISE)
