"""``docs/action-units.md``: what each action unit is, and what is known of its numbers."""

import re
from collections.abc import Iterator
from functools import cache

from models.locate import EMBEDDED_FOLDER
from openface_core.action_units.meanings import AU_MEANINGS
from openface_core.model_files import read_action_unit_list
from tests.unit.docs.markdown import MODEL_CARD, Page

_LOOKS = {
    "AU01": ("the inner ends of the brows go up", "worry, sadness, surprise (with AU02)"),
    "AU02": ("the outer ends of the brows go up", "surprise, emphasis in speech"),
    "AU04": ("the brows come down and together", "concentration, bright light, anger"),
    "AU05": ("the upper lids go up, more white shows", "surprise, fear, attention"),
    "AU06": ("cheeks rise and push the lower lids up", "a smile that reaches the eyes, pain"),
    "AU07": ("both lids tighten", "bright light, pain, anger"),
    "AU09": ("the nose wrinkles, its wings go up", "disgust, pain"),
    "AU10": ("the upper lip goes up", "disgust, pain; also a broad smile"),
    "AU12": ("the corners of the mouth go up and out", "a smile"),
    "AU14": ("the corners of the mouth are drawn in", "contempt, doubt, pressed lips"),
    "AU15": ("the corners of the mouth go down", "sadness, doubt"),
    "AU17": ("the chin pushes the lower lip up", "doubt, sadness; also closed lips in speech"),
    "AU20": ("the lips are stretched sideways", "fear; also many sounds of speech"),
    "AU23": ("the lips tighten and get narrow", "anger, effort; also speech"),
    "AU25": ("the lips part", "speech, breath; with almost every open mouth"),
    "AU26": ("the jaw drops", "speech, surprise"),
    "AU28": ("the lips are sucked in over the teeth", "thinking, nervousness"),
    "AU45": ("both eyes close for a moment", "blinks; a look down may pass for one"),
}
"""What one sees, and when it is seen."""

_BEGIN = """\
# Action units

The Facial Action Coding System (FACS) of Ekman and Friesen describes faces by what their muscles
do. OpenFace, and so this program, measures 17 action units as an intensity and 18 as present or
not. An action unit is a motion, not an emotion: the last column says when one often sees it, and
none of that follows from the number.

- `AU12_r`, the intensity, goes from 0 (not there) to 5 (as strong as it gets). FACS coders would
  write 1 to 5 as A to E. Values between 0 and 1 are often noise.
- `AU12_c`, the presence, is true or false, by a model of its own: one may be true where the other
  is 0. AU28 has a presence only.
- *static* models judge a frame by itself. What a face always looks like counts: somebody whose
  resting face resembles a weak smile has an AU12 above 0 all the time, and `AU12_c` may be true in
  every frame. Compare such values within a person only.
- *dynamic* models subtract the person's median
  ([dataflow](dataflow.md#what-action-units-are-relative-to)): 0 is how the person looks most of the
  time. With fewer than 10 frames of calibration they are null
  ([validation](validation.md#few-frames-of-calibration)).

*Agreement* is the correlation of intensities by the embedded models with those of OpenFace's own
models in three videos, from the [model card](../models/embedded/MODEL_CARD.md): lowest to highest,
where the unit varies. It is agreement with another program, not with people who know FACS: how good
a number is for your question, only coded frames of your own material tell. With OpenFace's models,
`default` agrees much better ([validation](validation.md#end-to-end-the-presets)).

The pictures are made of the demo's face ([demo](demo.md#how-it-is-made), a photograph in the public
domain), bent rather too much than too little; arrows show what moves. At rest it looks like this:

![the demo's face at rest](images/action_units/rest.jpg)
"""

_END = """\
## The demo's face at rest

In the [demo](demo.md), `AU05_c`, `AU12_c` and `AU14_c` are true in all frames, at rest too. All
three presences are by static models. The photograph shows a smile, which the demo takes away: the
corners of the mouth stay a little drawn in, and the eyes are wide open. OpenFace's own models say
the same of the resting face, so it is no fault of the embedded ones, which learned from them.
Presence of AU05 is like that for many people: it is there in all frames of 12 of 36 videos of
[validation](validation.md#the-list-all_dynamic). With OpenFace's dynamic models for presences,
`video_action_units = "all_dynamic"`, the three are false at rest, and `AU12_c` is true in the smile
only; but `AU07_c` and `AU10_c` are then true at rest. The intensities are 0.04, 0.50 and 0.39:
small, and `AU12_r` reaches 3.08 in the smile. So look at intensities, and at changes within a
person, before you count frames in which something is present.
"""


def action_units_page() -> str:
    """Return the text of the page."""
    return "\n".join([_BEGIN, "## The units\n", *_table(), "", _END])


def _table() -> Iterator[str]:
    kinds, agreement = model_kinds(), agreements()
    yield "| action unit | what moves | intensity | presence | agreement | one often sees it in |"
    yield "|---|---|---|---|---|---|"
    for name, meaning in AU_MEANINGS.items():
        looks, occasions = _LOOKS[name]
        picture = f"![{name}](images/action_units/{name}.jpg)"
        cells = (
            f"**{name}**, {meaning} {picture}",
            looks,
            kinds.get(f"{name}_intensity", "none"),
            kinds[f"{name}_presence"],
            agreement.get(name, "not measured"),
            occasions,
        )
        yield "| " + " | ".join(cells) + " |"


@cache
def model_kinds() -> dict[str, str]:
    """Return whether the model of each unit's intensity and presence is static or dynamic."""
    listed = read_action_unit_list(EMBEDDED_FOLDER / "AU_video.txt")
    found = (re.fullmatch(r"(AU\d\d_\w+)_(static|dynamic)", path.stem) for path, _ in listed)
    return {match[1]: match[2] for match in found if match is not None}


@cache
def agreements() -> dict[str, str]:
    """Return the lowest and the highest correlation of each unit on the model card."""
    rows = next(rows for rows in Page(MODEL_CARD).tables() if rows[0][0] == "r")
    result = {}
    for name, *cells in rows[1:]:
        values = sorted(float(cell) for cell in cells if cell != "-")
        ends = dict.fromkeys(f"{value:.2f}" for value in (values[0], values[-1]))
        result[name] = " to ".join(ends)
    return result
