"""Every setting of a run, checked when it is made."""

from dataclasses import asdict, dataclass, field
from pathlib import PurePath
from typing import Any

from openface_core.analysis.model_set import NO_MODEL, SPECIFICATIONS, ModelSelection
from openface_core.detection import DetectionSettings
from openface_core.errors import ConfigError
from openface_core.eyes import EYE_PARTS
from openface_core.face_sides import SidesSettings
from openface_core.face_tracking import (
    ConfidenceSettings,
    FaceRefinementSettings,
    FacesSettings,
    StrongExpressionSettings,
    WitnessSettings,
)
from openface_core.inference import OnnxSettings
from openface_core.media import DecodeLimits

TIMESTAMP_SOURCES = ("container", "frame_number")
MAX_BUCKETS = 100_000
CALIBRATION_MODES = ("video", "person", "rest", "none")
PERSON_MODES = ("person", "rest")
"""Those in which the files of a person go together."""


def mode_of_face(mode: str, face_id: int) -> str:
    """Return what a face is calibrated on: only the main one is the person of a manifest."""
    return "video" if face_id and mode in PERSON_MODES else mode


@dataclass(frozen=True)
class AlignmentSettings:
    """How faces are brought to the standard pose and described.

    Parameters
    ----------
    shift_average : bool
        Whether the appearance descriptor is the mean over copies of the aligned face that are
        shifted by a quarter of a pixel. OpenFace does not do so.
    """

    shift_average: bool = True


@dataclass(frozen=True)
class SmoothingSettings:
    """How action units are smoothed over frames.

    Parameters
    ----------
    missing_as_zero : bool
        Whether frames without the face count in averages over neighbouring frames as ones in which
        nothing moves, as in OpenFace: beside a gap, intensities are too low then. Otherwise only
        frames with the face count.
    """

    missing_as_zero: bool = False


@dataclass(frozen=True)
class OutputSettings:
    """How tables are written.

    Parameters
    ----------
    timestamps : str
        ``container``: the file's own presentation times. ``frame_number``: OpenFace's
        ``(frame - 1) / fps``, wrong where the frame rate varies.
    row_group_rows : int
        Rows of one Parquet row group.
    zstd_level : int
        Compression level, 1 to 22, of tables of 128 rows and more.
    buckets : int
        So many files hold the rows of all inputs; 0 gives every input a file of its own.

    Raises
    ------
    ConfigError
        If a value is out of range.
    """

    timestamps: str = "container"
    row_group_rows: int = 10_000
    zstd_level: int = 3
    buckets: int = 0

    def __post_init__(self) -> None:
        if self.timestamps not in TIMESTAMP_SOURCES:
            raise ConfigError(
                "output.timestamps",
                f"unknown value {self.timestamps!r}",
                f"Choose one of: {', '.join(TIMESTAMP_SOURCES)}.",
            )
        if not 1 <= self.row_group_rows <= 1_000_000:
            raise ConfigError(
                "output.row_group_rows",
                f"expected 1 to 1000000, found {self.row_group_rows}",
                "Give a number in this range.",
            )
        if not 1 <= self.zstd_level <= 22:
            raise ConfigError(
                "output.zstd_level",
                f"expected 1 to 22, found {self.zstd_level}",
                "Give a number in this range.",
            )
        if not 0 <= self.buckets <= MAX_BUCKETS:
            raise ConfigError(
                "output.buckets",
                f"expected 0 to {MAX_BUCKETS}, found {self.buckets}",
                "Give a number in this range.",
            )


@dataclass(frozen=True)
class CalibrationSettings:
    """What action units are relative to.

    Parameters
    ----------
    mode : str
        ``video``: each video by itself, as OpenFace. ``person``: all files of a person, as if they
        were one video. ``rest``: the frames that a manifest names as rest, of all files of the
        person. ``none``: models that know nothing of the person.
    few_frames : int
        Medians over fewer frames are marked as short.
    least_frames : int
        Action units of dynamic models are null where fewer frames moved the medians. 0 gives them
        always, as OpenFace does.

    Raises
    ------
    ConfigError
        If a value is out of range.
    """

    mode: str = "video"
    few_frames: int = 300
    least_frames: int = 10

    def __post_init__(self) -> None:
        if self.mode not in CALIBRATION_MODES:
            raise ConfigError(
                "calibration.mode",
                f"unknown value {self.mode!r}",
                f"Choose one of: {', '.join(CALIBRATION_MODES)}.",
            )
        for name in ("few_frames", "least_frames"):
            if not 0 <= getattr(self, name) <= 1_000_000:
                raise ConfigError(
                    f"calibration.{name}",
                    f"expected 0 to 1000000, found {getattr(self, name)}",
                    "Give a number in this range.",
                )


@dataclass(frozen=True)
class ShardSettings:
    """How videos are cut, which has no influence on any result.

    Parameters
    ----------
    seconds : float
        Length of a shard; 0 leaves every video whole.
    max_preroll_share : float
        A shard may begin between key frames, so that frames before it are decoded in vain. There
        are at most this many of them for each frame of the shard.

    Raises
    ------
    ConfigError
        If a value is out of range.
    """

    seconds: float = 10.0
    max_preroll_share: float = 0.5

    def __post_init__(self) -> None:
        if not (self.seconds == 0 or 0.1 <= self.seconds <= 86_400):
            raise ConfigError(
                "shards.seconds",
                f"expected 0, or 0.1 to 86400, found {self.seconds}",
                "Give a number in this range.",
            )
        if not 0 <= self.max_preroll_share <= 100:
            raise ConfigError(
                "shards.max_preroll_share",
                f"expected 0 to 100, found {self.max_preroll_share}",
                "Give a number in this range.",
            )


@dataclass(frozen=True)
class RunSettings:
    """The settings of a run, as a preset in ``configs/`` or a user's TOML file gives them.

    Parameters
    ----------
    name : str
        Name of the preset, recorded with every output.
    models : ModelSelection
        Which models are used.
    detection : DetectionSettings
        How faces are found.
    refinement : FaceRefinementSettings
        How patch experts refine landmarks.
    witness : WitnessSettings
        When a network is asked about followed landmarks.
    strong_expressions : StrongExpressionSettings
        Where two networks take part in followed landmarks.
    confidence : ConfidenceSettings
        When landmarks are trusted.
    faces : FacesSettings
        Which faces are analysed.
    alignment : AlignmentSettings
        How faces are aligned and described.
    smoothing : SmoothingSettings
        How action units are smoothed over frames.
    sides : SidesSettings
        Whether the left and the right side of faces are measured.
    onnxruntime : OnnxSettings
        Where networks run.
    decoding : DecodeLimits
        Bounds on hostile or damaged input.
    calibration : CalibrationSettings
        What action units are relative to.
    output : OutputSettings
        How tables are written.
    shards : ShardSettings
        How videos are cut.
    """

    name: str = "default"
    models: ModelSelection = field(default_factory=ModelSelection)
    detection: DetectionSettings = field(default_factory=DetectionSettings)
    refinement: FaceRefinementSettings = field(default_factory=FaceRefinementSettings)
    witness: WitnessSettings = field(default_factory=WitnessSettings)
    strong_expressions: StrongExpressionSettings = field(default_factory=StrongExpressionSettings)
    confidence: ConfidenceSettings = field(default_factory=ConfidenceSettings)
    faces: FacesSettings = field(default_factory=FacesSettings)
    alignment: AlignmentSettings = field(default_factory=AlignmentSettings)
    smoothing: SmoothingSettings = field(default_factory=SmoothingSettings)
    sides: SidesSettings = field(default_factory=SidesSettings)
    onnxruntime: OnnxSettings = field(default_factory=OnnxSettings)
    decoding: DecodeLimits = field(default_factory=DecodeLimits)
    calibration: CalibrationSettings = field(default_factory=CalibrationSettings)
    output: OutputSettings = field(default_factory=OutputSettings)
    shards: ShardSettings = field(default_factory=ShardSettings)

    def __post_init__(self) -> None:
        if self.models.eyes != NO_MODEL and not set(EYE_PARTS).isdisjoint(self.models.parts):
            raise ConfigError(
                "models.eyes",
                f"{self.models.eyes} would measure eyes that patch experts in models.parts measure",
                "Take the eyes out of models.parts, or set models.eyes to none.",
            )
        if not self.faces.compares_videos:
            return
        if self.models.face_network == NO_MODEL:
            raise ConfigError(
                "faces.identify",
                "corpus compares persons by a face network, and none is named",
                "Name one as models.face_network, such as face_reid_0095, or choose video.",
            )
        if not self.faces.are_several:
            raise ConfigError(
                "faces.identify",
                "corpus needs persons, and faces.select is widest: whoever is widest",
                "Choose all or main as faces.select, or video as faces.identify.",
            )

    def as_dict(self) -> dict[str, Any]:
        """Return all settings that results depend on as plain values, for the record."""
        settings = asdict(self, dict_factory=_plain)
        del settings["shards"]
        for key in SPECIFICATIONS:
            settings["models"][key] = _without_folders(settings["models"][key])
        if not self.sides.measure:  # nothing depends on the section then
            del settings["sides"]
        if not self.models.measurements:  # as in datasets that were made before there were any
            del settings["models"]["measurements"]
        if self.models.eyes == NO_MODEL:  # the same
            del settings["models"]["eyes"]
        if NO_MODEL in (self.models.witness, self.models.second_witness):  # the same
            del settings["models"]["second_witness"]
            del settings["strong_expressions"]
        if not self.refinement.place_independent:  # the same
            del settings["refinement"]["place_independent"]
        if self.smoothing.missing_as_zero:  # the same
            del settings["smoothing"]
        if not self.refinement.any_roll:  # the same
            del settings["refinement"]["any_roll"]
        return settings


def _without_folders(specifications: str | list[str]) -> str | list[str]:
    """Return files of specifications by their names: their content is recorded, not their place."""
    if isinstance(specifications, list):
        return [PurePath(name).name for name in specifications]
    return PurePath(specifications).name


def _plain(items: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return a table of settings with lists in the place of tuples, as JSON and TOML have it."""
    return {key: list(value) if isinstance(value, tuple) else value for key, value in items}
