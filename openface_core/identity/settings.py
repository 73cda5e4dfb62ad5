"""How the faces of a video become persons."""

from dataclasses import dataclass

from openface_core.errors import ConfigError

IDENTIFY_MODES = ("video", "corpus", "off")


@dataclass(frozen=True)
class IdentitySettings:
    """How tracklets are joined into persons.

    Parameters
    ----------
    identify : str
        ``video``: who comes back within a video is known again. ``corpus``: in other videos too.
        ``off``: every face that was followed without a break is a person.
    min_seen_frames : int
        Persons seen in fewer frames, and less than half as long as the one seen longest, are
        dropped.
    min_confidence : float
        Tracklets whose mean confidence is below this are dropped: of 223 of faces the lowest is
        .85.
    max_gap_seconds : float
        A face that reappears at its place within this time is the same one.
    network_threshold : float
        Least cosine between the embeddings of a person's faces.
    appearance_threshold : float
        Without a face network: least cosine between the appearances of a person's faces, from
        which a typical one is taken off, on both sides of a scene cut.
    same_scene_threshold : float
        The same where there is no scene cut in between: one person who has turned away is not to
        become two.

    Raises
    ------
    ConfigError
        If a value is out of range.
    """

    identify: str = "video"
    min_seen_frames: int = 15
    min_confidence: float = 0.75
    max_gap_seconds: float = 2.0
    network_threshold: float = 0.45
    appearance_threshold: float = 0.55
    same_scene_threshold: float = 0.1

    def __post_init__(self) -> None:
        if self.identify not in IDENTIFY_MODES:
            raise ConfigError(
                "identity.identify",
                f"unknown value {self.identify!r}",
                f"Choose one of: {', '.join(IDENTIFY_MODES)}.",
            )
        ranges = {
            "min_seen_frames": (1, 10_000),
            "min_confidence": (0.0, 1.0),
            "max_gap_seconds": (0.0, 60.0),
            "network_threshold": (-1.0, 1.0),
            "appearance_threshold": (-1.0, 1.0),
            "same_scene_threshold": (-1.0, 1.0),
        }
        for name, (low, high) in ranges.items():
            if not low <= getattr(self, name) <= high:
                raise ConfigError(
                    f"identity.{name}",
                    f"expected {low} to {high}, found {getattr(self, name)}",
                    "Give a number in this range.",
                )
