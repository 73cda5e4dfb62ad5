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
        Tracklets with fewer trusted frames are dropped.
    min_confidence : float
        Tracklets whose mean confidence is below this are dropped.
    max_gap_seconds : float
        A face that reappears at its place within this time is the same one.
    network_threshold : float
        Least cosine between the embeddings of a person's faces.
    descriptor_threshold : float
        Without a face network: least log odds, by appearance and shape, that faces on both sides
        of a scene cut are one person's.
    same_scene_bonus : float
        Added to these log odds where there is no scene cut in between.

    Raises
    ------
    ConfigError
        If a value is out of range.
    """

    identify: str = "video"
    min_seen_frames: int = 5
    min_confidence: float = 0.5
    max_gap_seconds: float = 2.0
    network_threshold: float = 0.45
    descriptor_threshold: float = 0.0
    same_scene_bonus: float = 3.0

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
            "descriptor_threshold": (-100.0, 100.0),
            "same_scene_bonus": (0.0, 100.0),
        }
        for name, (low, high) in ranges.items():
            if not low <= getattr(self, name) <= high:
                raise ConfigError(
                    f"identity.{name}",
                    f"expected {low} to {high}, found {getattr(self, name)}",
                    "Give a number in this range.",
                )
