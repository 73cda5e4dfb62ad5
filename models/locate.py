"""Finding the model files of a run in a folder, and their hashes for the record."""

from pathlib import Path
from typing import TYPE_CHECKING

from models.registry import how_to_get
from openface_core.errors import ConfigError, ModelFileError

if TYPE_CHECKING:
    from openface_core.analysis.model_set import ModelFiles, ModelSelection

# The core's readers bring NumPy and onnxruntime, a second that the command `models`, which needs no
# more than the packs, does not wait for. So their imports stand in the functions.

PACKAGE_FOLDER = Path(__file__).resolve().parent
SPECS_FOLDER = PACKAGE_FOLDER / "landmark_specs"
NETWORK_SPECS_FOLDER = PACKAGE_FOLDER / "network_specs"
ACTION_UNIT_LISTS_FOLDER = PACKAGE_FOLDER / "action_unit_lists"
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


def search_model(root: Path, name: str) -> Path | None:
    """Return the file `name` below the models folder; None if it is not there.

    Links keep their names: what they lead to may have another one, and other files beside it.
    """
    candidates = (root / place / name for place in _PLACES)
    return next((path for path in candidates if path.is_file()), None)


def _find(root: Path, name: str, what: str) -> Path:
    """Return the file `name` below the models folder."""
    found = search_model(root, name)
    if found is None:
        raise ModelFileError(
            root / name,
            f"the {what} was not found in the models folder",
            f"{how_to_get(name)}Check --models, or name another file in the configuration.",
        )
    return found


def _find_list_for_videos(root: Path, name: str) -> tuple[Path, Path | None]:
    """Return a list of action-unit predictors, and the folder that it is relative to.

    That is None for the list's own folder: a list of this package names files of OpenFace's.
    """
    from openface_core.model_files import read_action_unit_list

    own = ACTION_UNIT_LISTS_FOLDER / f"{name}.txt"
    if name not in {path.stem for path in ACTION_UNIT_LISTS_FOLDER.glob("*.txt")}:
        return _find(root, name, "list of AU predictors"), None
    first = read_action_unit_list(own, Path())[0][0]
    found = _find(root, first.as_posix(), "AU predictor")
    return own, found.parents[len(first.parts) - 1]


def _find_optional(root: Path, name: str, what: str) -> Path | None:
    from openface_core.analysis.model_set import NO_MODEL

    return None if name == NO_MODEL else _find(root, name, what)


def _find_refinement(
    root: Path, selection: "ModelSelection", preferred: Path | None
) -> tuple[Path | None, Path | None, tuple[str, ...]]:
    """Return the list of patch experts, the validator, and the parts that are refined."""
    from openface_core.analysis.model_set import NO_MODEL
    from openface_core.model_files import landmark_part_names, landmark_validator_of

    if preferred is not None:
        validator = landmark_validator_of(preferred)
        named = landmark_part_names(preferred)
        parts = tuple(part for part in selection.parts if part in named)
        return preferred, None if selection.validator == NO_MODEL else validator, parts
    refinement = _find_optional(root, selection.refinement, "list of patch experts")
    validator = _find_optional(root, selection.validator, "validator of landmarks")
    return refinement, validator, selection.parts


def _find_preferred(root: Path, selection: "ModelSelection") -> Path | None:
    """Return the preferred list of patch experts, or None where there are none of its experts.

    OpenFace's repository has the list, but not the experts, which are downloaded after it.
    """
    from openface_core.analysis.model_set import NO_MODEL
    from openface_core.model_files import (
        cen_expert_files,
        face_landmark_model_files,
        landmark_validator_of,
    )

    name = selection.preferred_refinement
    path = None if NO_MODEL in (name, selection.refinement) else search_model(root, name)
    if path is None:
        return None
    experts = cen_expert_files(path)
    if not experts:  # a damaged list must not pass for one whose experts are not there
        raise ModelFileError(
            path,
            "the list names no patch experts of CE-CLM",
            "Restore it from OpenFace's folder, or set preferred_refinement to none.",
        )
    if not any(file.is_file() for file in experts):
        return None
    validator = landmark_validator_of(path)
    needed = (*face_landmark_model_files(path, ()), *([] if validator is None else [validator]))
    missing = [file for file in needed if not file.is_file()]
    if missing:
        raise ModelFileError(
            missing[0],
            f"{len(missing)} of the files that {name} names are missing, others are there",
            "Complete them from OpenFace's folder, or set preferred_refinement to none.",
        )
    return path


def _find_detector(root: Path, selection: "ModelSelection", preferred: Path | None) -> Path:
    """Return the face detector: the preferred one, where it is, with the preferred refinement."""
    from openface_core.analysis.model_set import NO_MODEL, ModelSelection
    from openface_core.model_files import is_mtcnn_list

    name = selection.preferred_detector
    found = None if name == NO_MODEL or preferred is None else search_model(root, name)
    found = found or search_model(root, selection.detector)
    if found is None and is_mtcnn_list(Path(selection.detector)):
        raise ModelFileError(
            root / selection.detector,
            "OpenFace's face detector (MTCNN) was not found in the models folder",
            f"{how_to_get(selection.detector)}Check --models; or have faces found in another way: "
            f"detector = {ModelSelection().detector!r} in the section [models], and "
            "hypotheses = false in [refinement].",
        )
    return found or _find(root, selection.detector, "face detector")


def _find_network(root: Path, spec_path: Path) -> Path:
    """Return the file of a landmark network.

    The one that comes with this package serves every models folder.
    """
    from openface_core.landmarks import load_landmark_spec

    name = load_landmark_spec(spec_path).model
    if spec_path.parent == SPECS_FOLDER:
        return _find_or_own(root, name, "landmark network")
    return _find(root, name, "landmark network")


def _find_second_witness(
    root: Path, selection: "ModelSelection"
) -> tuple[Path, Path] | tuple[None, None]:
    """Return specification and file of the second witness, which runs can do without."""
    from openface_core.analysis.model_set import NO_MODEL
    from openface_core.landmarks import load_landmark_spec

    if selection.second_witness == NO_MODEL:
        return None, None
    spec_path = find_landmark_spec(selection.second_witness, "second_witness")
    network = search_model(root, load_landmark_spec(spec_path).model)
    return (None, None) if network is None else (spec_path, network)


def _find_or_own(root: Path, name: str, what: str) -> Path:
    """Return the file `name` below the models folder, or the embedded one of this name.

    In the folder it comes first: it may have been trained anew.
    """
    own = EMBEDDED_FOLDER / name
    found = search_model(root, name)
    return own if found is None and own.is_file() else found or _find(root, name, what)


def find_landmark_spec(name: str, setting: str = "landmarks") -> Path:
    """Return the file of a landmark specification.

    Parameters
    ----------
    name : str
        A specification of this package, as ``ghostone98``, or the path of a ``.toml`` file.
    setting : str
        The setting of the section ``[models]`` that names it, for messages.

    Raises
    ------
    ConfigError
        If there is none.
    """
    return _find_spec(SPECS_FOLDER, name, "landmark", setting)


def find_network_spec(name: str, setting: str) -> Path:
    """Return the file of the specification of a network on a face.

    Parameters
    ----------
    name : str
        A specification of this package, as ``face_reid_0095``, or the path of a ``.toml`` file.
    setting : str
        The setting of the section ``[models]`` that names it, for messages.

    Raises
    ------
    ConfigError
        If there is none.
    """
    return _find_spec(NETWORK_SPECS_FOLDER, name, "network", setting)


def specification_path(path: Path) -> Path:
    """Return the one path from the root of a user's own specification, under its own name."""
    return path.parent.resolve() / path.name


def _find_spec(folder: Path, name: str, what: str, setting: str) -> Path:
    known = sorted(path.stem for path in folder.glob("*.toml"))
    if name in known:
        return folder / f"{name}.toml"
    path = Path(name)
    if path.suffix == ".toml" and path.is_file():
        return specification_path(path)
    raise ConfigError(
        f"models.{setting} = {name!r}",
        f"no such {what} specification",
        f"Use one of {', '.join(known)}, or the path of a specification file (.toml).",
    )


def _root(folder: Path) -> Path:
    """Return the path of a models folder from the root."""
    if folder.is_file():
        raise ModelFileError(
            folder, "the models folder is a file", "Name its folder with --models."
        )
    if not folder.is_dir():
        raise ModelFileError(
            folder,
            "the models folder does not exist, and there is no pack of that name",
            "Check --models; `openface-beam models list` shows the packs.",
        )
    real = folder.resolve()
    # The package is told by its real path, because workers have it elsewhere.
    return real if real.is_relative_to(PACKAGE_FOLDER) else folder.absolute()


def locate_models(
    root: Path, selection: "ModelSelection", *, with_networks: bool = True
) -> "ModelFiles":
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
    from openface_core.analysis.model_set import NO_MODEL, ModelFiles
    from openface_core.face_networks import load_face_network_spec

    root = _root(root)
    detector = network = spec_path = refinement = validator = None
    witness_spec = witness_network = second_spec = second_network = None
    eyes = face_spec = face_network = None
    parts = selection.parts
    video_list, video_predictors = _find_list_for_videos(root, selection.video_action_units)
    if with_networks:
        preferred = _find_preferred(root, selection)
        detector = _find_detector(root, selection, preferred)
        spec_path = find_landmark_spec(selection.landmarks)
        network = _find_network(root, spec_path)
        refinement, validator, parts = _find_refinement(root, selection, preferred)
        if refinement is not None and selection.has_witness:
            witness_spec = find_landmark_spec(selection.witness, "witness")
            witness_network = _find_network(root, witness_spec)
            second_spec, second_network = _find_second_witness(root, selection)
        if selection.eyes != NO_MODEL:
            eyes = _find_or_own(root, selection.eyes, "eye network")
        if selection.face_network != NO_MODEL:
            face_spec = find_network_spec(selection.face_network, "face_network")
            face_network = _find(root, load_face_network_spec(face_spec).model, "face network")
    further = [find_network_spec(name, "measurements") for name in selection.measurements]
    return ModelFiles(
        root=root,
        shape=_find(root, selection.shape, "point distribution model"),
        triangulation=_find(root, selection.triangulation, "triangulation"),
        video_action_units=video_list,
        video_predictors=video_predictors,
        image_action_units=_find(root, selection.image_action_units, "list of AU predictors"),
        detector=detector,
        landmark_network=network,
        landmark_spec=spec_path,
        package=PACKAGE_FOLDER,
        refinement=refinement,
        validator=validator,
        parts=parts,
        witness_network=witness_network,
        witness_spec=witness_spec,
        second_witness_network=second_network,
        second_witness_spec=second_spec,
        eyes=eyes,
        face_network=face_network,
        face_network_spec=face_spec,
        measurements=tuple(
            (spec, _find(root, load_face_network_spec(spec).model, "network on a face"))
            for spec in further
        ),
    )
