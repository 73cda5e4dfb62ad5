"""A command line of OpenFace's own programs, said in the options of this one."""

import itertools
import shlex
from collections.abc import Sequence

from openface_core.errors import ConfigError

_WITH_VALUE = {
    "-f": "--input",
    "-fdir": "--input",
    "-out_dir": "--output",
}
_SWITCHES = {
    "-au_static": ("--calibration", "none"),
    "-q": ("--quiet",),
}
_CAMERA = ("-fx", "-fy", "-cx", "-cy")
_ALWAYS = ("-2Dfp", "-3Dfp", "-pdmparams", "-pose", "-aus", "-gaze")
_OTHERS = (
    "-bboxdir", "-cam_height", "-cam_width", "-device", "-fdloc", "-format_aligned",
    "-format_vis_image", "-g", "-hogalign", "-inroot", "-mloc", "-multi_view",
    "-n_iter", "-nobadaligned", "-nomask", "-of", "-outroot", "-reg", "-root", "-sigma",
    "-simalign", "-simscale", "-simsize", "-tracked", "-validate_detections", "-verbose",
    "-vis-align", "-vis-aus", "-vis-hog", "-vis-track", "-w_reg", "-wild",
)  # fmt: skip
_SEQUENCE = "--image-folders"
_AS_OPENFACE = {"--models": "OpenFace/", "--config": "openface22"}
"""What measures as OpenFace does, where the command line names nothing else."""

_PAGE = "`openface-beam docs coming-from-openface` has the others"


def is_openface(words: Sequence[str]) -> bool:
    """Return whether a command line has options of OpenFace's programs."""
    return any(word in (*_WITH_VALUE, *_SWITCHES, *_CAMERA, *_ALWAYS, *_OTHERS) for word in words)


def translated(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """Translate a command line of OpenFace's.

    Parameters
    ----------
    words : sequence of str
        The command line, without the program.

    Returns
    -------
    list of str
        What says the same here, with the options of this program that stand among them.
    list of str
        Options that it leaves out, because they are not needed, or not there.
    """
    found: dict[str, list[str]] = {}
    left_out: list[str] = []
    own: list[str] = []
    camera: dict[str, str] = {}
    is_sequence = False
    place = 0
    while place < len(words):
        word = words[place]
        if word in _WITH_VALUE and place + 1 < len(words):
            found.setdefault(_WITH_VALUE[word], []).append(words[place + 1])
            is_sequence |= word == "-fdir"
            place += 1
        elif word in _CAMERA and place + 1 < len(words):
            camera[word] = words[place + 1]
            place += 1
        elif word in _SWITCHES:
            found[_SWITCHES[word][0]] = [*_SWITCHES[word][1:]]
        elif word.startswith("--"):
            option = _with_values(words[place:])
            name, *values = option[0].split("=", 1) + option[1:]
            if name == "--input":
                found.setdefault(name, []).extend(values)
            else:
                own += option
            place += len(option) - 1
        elif word.startswith("-") and word not in _ALWAYS:
            left_out.append(word)
        place += 1
    if len(camera) == len(_CAMERA):
        found["--camera"] = [",".join(camera[word] for word in _CAMERA)]
    else:
        left_out += camera
    found.setdefault("--input", ["VIDEO"])
    found.setdefault("--output", ["processed"])
    found |= {name: [value] for name, value in _AS_OPENFACE.items()}
    if is_sequence:
        found[_SEQUENCE] = []
    # What is said in this program's own words comes before what OpenFace's stand for.
    named = {word.partition("=")[0] for word in own}
    translations = ((name, *values) for name, values in found.items() if name not in named)
    return [*itertools.chain.from_iterable(translations), *own], left_out


def _with_values(words: Sequence[str]) -> list[str]:
    """Return the option that words begin with, and the values after it."""
    values = itertools.takewhile(lambda word: not word.startswith("-"), words[1:])
    return [words[0], *values]


def refuse_openface_words(words: Sequence[str]) -> None:
    """Answer a command line of OpenFace's with its translation.

    Raises
    ------
    ConfigError
        If it is one.
    """
    if not is_openface(words):
        return
    options, left_out = translated(words)
    rest = f" ({', '.join(left_out)} left out; {_PAGE})" if left_out else f" ({_PAGE})"
    folder = _AS_OPENFACE["--models"]
    models = f" {folder} stands for OpenFace's folder of models." if folder in options else ""
    # FeatureExtraction and FaceLandmarkImg have the same flag, and here nothing tells them apart.
    images = f" For single images leave out {_SEQUENCE}." if _SEQUENCE in options else ""
    first = next(word for word in words if is_openface([word]))
    raise ConfigError(
        first,
        "an option of OpenFace's programs",
        f"Here it is: openface-beam run {shlex.join(options)}{rest}.{models}{images}",
    )
