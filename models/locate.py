"""Finding the model files of a run in a folder, and their hashes for the record."""

import hashlib
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from models.registry import how_to_get
from openface_core.errors import ConfigError, ModelFileError
from openface_core.landmarks import load_landmark_spec
from openface_core.model_files import face_landmark_model_files, read_action_unit_list

PACKAGE_FOLDER = Path(__file__).resolve().parent
SPECS_FOLDER = PACKAGE_FOLDER / "landmark_specs"
EMBEDDED_FOLDER = PACKAGE_FOLDER / "embedded"
"""The models that come with this package."""

MODELS_VARIABLES = ("OPENFACE_MODELS_DIR", "OPENFACE_REFERENCE")
"""Environment variables that name the models folder, the first that is set counts."""

_PREDICTORS = "AU_predictors"
_PLACES = (
    ".",
    "openface",
    "models",
    "bin",
    f"openface/{_PREDICTORS}",
    _PREDICTORS,
    f"bin/{_PREDICTORS}",
    "openface/model",
    "model",
    "bin/model",
)
"""Sub-folders searched: OpenFace's own ``bin`` layout, and networks beside it."""

_CHUNK_BYTES = 2**20

NO_MODEL = "none"
"""Stands for a model that a run does without."""

_PARTS = ("inner", "left_eye_28", "right_eye_28")


@dataclass(frozen=True)
class ModelSelection:
    """Which models a run uses, by file name or by the name of a landmark specification.

    Parameters
    ----------
    detector : str
        ONNX file of the face detector.
    landmarks : str
        Name of a landmark specification of this package, or path of a specification file.
    refinement : str
        List of the patch experts that refine landmarks, or ``none``.
    parts : tuple of str
        Parts of the face whose own patch experts are used: ``inner`` (all but the jaw),
        ``left_eye_28``, ``right_eye_28``. Gaze needs both eyes.
    validator : str
        Network that judges landmarks, or ``none``.
    shape : str
        Point distribution model.
    triangulation : str
        Triangulation of the face mask.
    video_action_units, image_action_units : str
        Lists of the action-unit predictors for videos and for single images.
    """

    detector: str = "retinaface_mobilenet025.onnx"
    landmarks: str = "ghostone98"
    refinement: str = "main_clnf_general.txt"
    parts: tuple[str, ...] = _PARTS
    validator: str = "detection_validation/validator_cnn.txt"
    shape: str = "In-the-wild_aligned_PDM_68.txt"
    triangulation: str = "tris_68_full.txt"
    video_action_units: str = "AU_all_best.txt"
    image_action_units: str = "AU_all_static.txt"

    def __post_init__(self) -> None:
        if not set(self.parts) <= set(_PARTS) or len(set(self.parts)) != len(self.parts):
            raise ConfigError(
                "models.parts",
                f"expected some of {', '.join(_PARTS)}, found {', '.join(self.parts)}",
                "Name each part once, or none: [].",
            )


@dataclass(frozen=True)
class ModelFiles:
    """The files of a run's models, all of which exist.

    Parameters
    ----------
    root : Path
        The models folder.
    shape, triangulation, video_action_units, image_action_units : Path
        Files of components 4, 5, 8 and 9.
    detector, landmark_network, landmark_spec : Path or None
        Files of components 1 and 2; None where landmarks are given.
    refinement, validator : Path or None
        List of the patch experts, and network that judges landmarks; None where landmarks are
        given, or the run does without.
    parts : tuple of str
        Parts of the face that the patch experts of the list are read for.
    package : Path
        Folder of this package where the files were found.
    """

    root: Path
    shape: Path
    triangulation: Path
    video_action_units: Path
    image_action_units: Path
    detector: Path | None
    landmark_network: Path | None
    landmark_spec: Path | None
    refinement: Path | None = None
    validator: Path | None = None
    parts: tuple[str, ...] = ()
    package: Path = PACKAGE_FOLDER

    def here(self) -> "ModelFiles":
        """Return the same files on this machine, where this package may be installed elsewhere.

        What comes with the package, the embedded models and the specifications, is taken from its
        own folder; all else has one path everywhere.
        """
        paths: dict[str, Any] = {
            name: PACKAGE_FOLDER / path.relative_to(self.package)
            for name, path in ((field.name, getattr(self, field.name)) for field in fields(self))
            if isinstance(path, Path) and path.is_relative_to(self.package)
        }
        return replace(self, **paths)

    def named_files(self) -> tuple[Path, ...]:
        """Return the files named here, without the predictors that the lists name in turn."""
        named = (
            self.shape,
            self.triangulation,
            self.video_action_units,
            self.image_action_units,
            self.detector,
            self.landmark_network,
            self.landmark_spec,
            self.refinement,
            self.validator,
        )
        return tuple(path for path in named if path is not None)

    def all_files(self) -> tuple[Path, ...]:
        """Return every file that takes part in a run, predictors included, in a fixed order."""
        files = {*self.named_files(), *self._network_files()}
        for path in (self.video_action_units, self.image_action_units):
            files.update(predictor for predictor, _ in read_action_unit_list(path))
        return tuple(sorted(files))

    def network_names(self) -> tuple[str, ...]:
        """Return the names, as in :meth:`sha256`, of what given landmarks do without."""
        return tuple(_relative(path, self.root) for path in self._network_files())

    def _network_files(self) -> tuple[Path, ...]:
        """Return the files that find and follow faces."""
        named = (self.detector, self.landmark_network, self.landmark_spec, self.validator)
        experts: tuple[Path, ...] = ()
        if self.refinement is not None:
            experts = face_landmark_model_files(self.refinement, self.parts)
        return tuple(path for path in (*named, *experts) if path is not None)

    def sha256(self) -> dict[str, str]:
        """Return the SHA-256 of every file, by path below the models folder.

        Files outside of it, such as the specifications of this package, go by their bare name.

        Raises
        ------
        ModelFileError
            If a file cannot be read.
        """
        return {_relative(path, self.root): _sha256(path) for path in self.all_files()}


def _relative(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK_BYTES):
                digest.update(chunk)
    except OSError as error:
        raise ModelFileError(
            path, f"cannot be read ({error.strerror})", "Check that it exists and its permissions."
        ) from error
    return digest.hexdigest()


def _search(root: Path, name: str) -> Path | None:
    """Return the file `name` below the models folder; None if it is not there."""
    candidates = (root / place / name for place in _PLACES)
    return next((path.resolve() for path in candidates if path.is_file()), None)


def _find(root: Path, name: str, what: str) -> Path:
    """Return the file `name` below the models folder."""
    found = _search(root, name)
    if found is None:
        raise ModelFileError(
            root / name,
            f"the {what} was not found in the models folder",
            f"{how_to_get(name)}Check --models, or name another file in the configuration.",
        )
    return found


def _find_optional(root: Path, name: str, what: str) -> Path | None:
    return None if name == NO_MODEL else _find(root, name, what)


def _find_network(root: Path, spec_path: Path) -> Path:
    """Return the file of a landmark network.

    The one that comes with this package serves every models folder. In the folder it comes first:
    it may have been trained anew.
    """
    name = load_landmark_spec(spec_path).model
    own = EMBEDDED_FOLDER / name
    if spec_path.parent == SPECS_FOLDER and own.is_file():
        return _search(root, name) or own
    return _find(root, name, "landmark network")


def find_landmark_spec(name: str) -> Path:
    """Return the file of a landmark specification.

    Parameters
    ----------
    name : str
        A specification of this package, as ``ghostone98``, or the path of a ``.toml`` file.

    Raises
    ------
    ConfigError
        If there is none.
    """
    known = sorted(path.stem for path in SPECS_FOLDER.glob("*.toml"))
    if name in known:
        return SPECS_FOLDER / f"{name}.toml"
    path = Path(name)
    if path.suffix == ".toml" and path.is_file():
        return path.resolve()
    raise ConfigError(
        f"landmarks {name!r}",
        "no such landmark specification",
        f"Use one of {', '.join(known)}, or the path of a specification file (.toml).",
    )


def locate_models(
    root: Path, selection: ModelSelection, *, with_networks: bool = True
) -> ModelFiles:
    """Find the files of a run's models.

    Parameters
    ----------
    root : Path
        The models folder: OpenFace's ``bin`` folder or one that holds it as ``openface``, with
        the ONNX networks in it or in its sub-folder ``models``. The landmark network of this
        package is taken from there if it is not in the folder.
    selection : ModelSelection
        Which models are used.
    with_networks : bool
        Whether detector and landmark network are needed; not where landmarks are given.

    Returns
    -------
    ModelFiles
        The files.

    Raises
    ------
    ModelFileError
        If the folder or a file is missing.
    ConfigError
        If the landmark specification does not exist or is wrong.
    """
    if not root.is_dir():
        raise ModelFileError(
            root, "the models folder does not exist", "Check --models; docs/models.md says more."
        )
    root = root.resolve()
    detector = network = spec_path = refinement = validator = None
    if with_networks:
        detector = _find(root, selection.detector, "face detector")
        spec_path = find_landmark_spec(selection.landmarks)
        network = _find_network(root, spec_path)
        refinement = _find_optional(root, selection.refinement, "list of patch experts")
        validator = _find_optional(root, selection.validator, "validator of landmarks")
    return ModelFiles(
        root=root,
        shape=_find(root, selection.shape, "point distribution model"),
        triangulation=_find(root, selection.triangulation, "triangulation"),
        video_action_units=_find(root, selection.video_action_units, "list of AU predictors"),
        image_action_units=_find(root, selection.image_action_units, "list of AU predictors"),
        detector=detector,
        landmark_network=network,
        landmark_spec=spec_path,
        refinement=refinement,
        validator=validator,
        parts=selection.parts,
    )
