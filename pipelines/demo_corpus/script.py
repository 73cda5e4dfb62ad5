"""What happens in the demo clips, and when."""

import math
from dataclasses import dataclass

from pipelines.demo_corpus.face_actions import (
    BLINK,
    BROW_RAISE,
    CLOSED_SMILE,
    JAW_DROP,
    SMILE,
)
from pipelines.demo_corpus.face_sides import BOTH, LEFT, RIGHT

HEAD_ROLL, PAN = "head_roll", "pan"

ACTION_UNITS = {
    BROW_RAISE: ("AU01", "AU02"),
    SMILE: ("AU06", "AU12", "AU25"),
    CLOSED_SMILE: ("AU06", "AU12"),
    JAW_DROP: ("AU25", "AU26"),
    BLINK: ("AU45",),
    HEAD_ROLL: (),
    PAN: (),
}
"""The action units that are to rise with each action."""

UNITS = {HEAD_ROLL: "rad", PAN: "px of the photograph"}
"""Of an action's amplitude; for the others 1 is a plain, full expression."""

# A standing person is never quite still.
_SWAY_PERIODS_S = (3.7, 5.3, 4.3)
_SWAY_ROLL_RAD = 0.008
_SWAY_PX = (0.7, 0.4)


@dataclass(frozen=True)
class Action:
    """Something that sets in, stays, and goes away again, smoothly.

    Parameters
    ----------
    kind : str
        What it is, a key of `ACTION_UNITS`.
    begin_s : float
        When it sets in.
    rise_s, hold_s, fall_s : float
        How long it rises, stays and falls.
    amplitude : float
        How far it goes.
    side : str
        On which side of the face it happens, the person's: ``both``, ``left`` or ``right``.
    """

    kind: str
    begin_s: float
    rise_s: float
    hold_s: float
    fall_s: float
    amplitude: float = 1.0
    side: str = BOTH

    @property
    def apex_s(self) -> tuple[float, float]:
        """When the full amplitude is reached and when it is left."""
        begin = self.begin_s + self.rise_s
        return begin, begin + self.hold_s

    @property
    def end_s(self) -> float:
        """When nothing is left of it."""
        return self.apex_s[1] + self.fall_s

    def level(self, time_s: float) -> float:
        """Return the amplitude at a time, a raised cosine on both sides."""
        first, last = self.apex_s
        if time_s < first:
            share = (time_s - self.begin_s) / self.rise_s
        elif time_s > last:
            share = (self.end_s - time_s) / self.fall_s
        else:
            share = 1.0
        return self.amplitude * (0.5 - 0.5 * math.cos(math.pi * min(max(share, 0.0), 1.0)))


@dataclass(frozen=True)
class Sway:
    """The small motions of a head that is held still.

    Parameters
    ----------
    phase_rad : float
        Where in them a clip begins.
    """

    phase_rad: float = 0.0

    def at(self, time_s: float) -> tuple[float, float, float]:
        """Return turn in rad, and motion to the right and downwards in px of the photograph."""
        roll, right, down = (
            math.sin(2 * math.pi * time_s / period + (k + 1) * self.phase_rad)
            for k, period in enumerate(_SWAY_PERIODS_S)
        )
        return _SWAY_ROLL_RAD * roll, _SWAY_PX[0] * right, _SWAY_PX[1] * down


@dataclass(frozen=True)
class ScriptedFace:
    """One person of a clip.

    Parameters
    ----------
    actions : tuple of Action
        What she does; actions of one kind do not overlap.
    zoom : float
        Pixels of the picture for one of the photograph.
    mirrored : bool
        Whether the picture is turned left to right.
    symmetric : bool
        Whether the picture is made of its one half and the mirror image of that. The face is
        upright then, and sways up and down only.
    sway : Sway
        Her small motions.
    """

    actions: tuple[Action, ...]
    zoom: float = 5 / 3
    mirrored: bool = False
    symmetric: bool = False
    sway: Sway = Sway()

    def level(self, kind: str, time_s: float, side: str = BOTH) -> float:
        """Return the amplitude of a kind of action at a time, on both sides at once or on one."""
        return sum(
            action.level(time_s)
            for action in self.actions
            if action.kind == kind and action.side == side
        )


@dataclass(frozen=True)
class Clip:
    """One video of the corpus.

    Parameters
    ----------
    name : str
        File name; its suffix is the container.
    faces : tuple of ScriptedFace
        Who is in it, side by side; none: a texture.
    seconds : float
        Length.
    frame_rate : int
        Frames per second.
    encoder : str
        FFmpeg's name.
    width_px, height_px : int
        Size of the upright picture.
    turned : bool
        Whether it is stored lying on its side, with a note for the player to turn it.
    varying : bool
        Whether some frames last longer than others.
    """

    name: str
    faces: tuple[ScriptedFace, ...]
    seconds: float
    frame_rate: int = 25
    encoder: str = "libx264"
    width_px: int = 400
    height_px: int = 300
    turned: bool = False
    varying: bool = False

    def frame_times_s(self) -> tuple[float, ...]:
        """Return when each frame is shown; a varying rate is never above `frame_rate`."""
        steps = _VARYING_STEPS if self.varying else (1,)
        times = []
        tick = 0
        while tick < round(self.seconds * self.frame_rate):
            times.append(tick / self.frame_rate)
            tick += steps[len(times) % len(steps)]
        return tuple(times)


_VARYING_STEPS = (1, 1, 2, 1, 3, 1)

_LARGE_ZOOM = 2.0
"""Each side of a face is measured by itself, for which a larger one is better."""

TRUNCATED_NAME = "truncated.mp4"
"""The file that is broken: the first half of the first clip."""

CLIPS = (
    Clip(
        "brows_and_smile.mp4",
        (
            ScriptedFace(
                (Action(BROW_RAISE, 1.2, 0.35, 0.6, 0.35), Action(SMILE, 3.5, 0.5, 0.7, 0.5))
            ),
        ),
        seconds=6.0,
    ),
    Clip(
        "jaw_and_blinks.mkv",
        (
            ScriptedFace(
                (
                    Action(JAW_DROP, 1.0, 0.4, 0.6, 0.4),
                    Action(BLINK, 3.0, 0.15, 0.2, 0.2),
                    Action(BLINK, 4.1, 0.15, 0.3, 0.2),
                ),
                sway=Sway(1.0),
            ),
        ),
        seconds=5.4,
        frame_rate=30,
    ),
    Clip(
        "head_roll.webm",
        (
            ScriptedFace(
                (
                    Action(HEAD_ROLL, 0.8, 0.6, 0.3, 0.6, 0.26),
                    Action(HEAD_ROLL, 2.5, 0.6, 0.3, 0.6, -0.26),
                ),
                sway=Sway(2.0),
            ),
        ),
        seconds=4.5,
        frame_rate=24,
        encoder="libvpx-vp9",
    ),
    Clip(
        "turned.mov",
        (ScriptedFace((Action(SMILE, 1.2, 0.5, 0.7, 0.5),), sway=Sway(3.0)),),
        seconds=3.6,
        turned=True,
    ),
    Clip(
        "leaves_and_returns.mp4",
        (ScriptedFace((Action(PAN, 1.2, 1.0, 0.8, 1.0, 185.0),), sway=Sway(4.0)),),
        seconds=5.2,
        frame_rate=30,
        varying=True,
    ),
    Clip(
        "two_people.mp4",
        (
            ScriptedFace((Action(SMILE, 1.2, 0.5, 0.7, 0.5),), zoom=1.6, sway=Sway(5.0)),
            ScriptedFace(
                (Action(BROW_RAISE, 1.6, 0.35, 0.6, 0.35),), 1.25, mirrored=True, sway=Sway(0.5)
            ),
        ),
        seconds=4.0,
        width_px=540,
    ),
    Clip(
        "one_sided.mp4",
        (
            ScriptedFace(
                (
                    Action(BROW_RAISE, 1.0, 0.35, 0.5, 0.35, side=LEFT),
                    Action(CLOSED_SMILE, 2.6, 0.4, 0.5, 0.4, side=RIGHT),
                    Action(BLINK, 4.3, 0.15, 0.3, 0.2, side=LEFT),
                ),
                _LARGE_ZOOM,
                sway=Sway(2.5),
            ),
        ),
        seconds=5.4,
        width_px=480,
        height_px=360,
    ),
    Clip(
        "both_sides.mp4",
        (
            ScriptedFace(
                (
                    Action(BROW_RAISE, 0.8, 0.3, 0.4, 0.3),
                    Action(SMILE, 2.1, 0.35, 0.4, 0.35),
                    Action(JAW_DROP, 3.5, 0.3, 0.4, 0.3),
                    Action(BLINK, 4.9, 0.15, 0.3, 0.2),
                ),
                _LARGE_ZOOM,
                symmetric=True,
                sway=Sway(2.5),
            ),
        ),
        seconds=6.0,
        width_px=480,
        height_px=360,
    ),
    Clip("nobody.mp4", (), seconds=2.0),
)
