"""Which models a run uses, and the files that they are in."""

import hashlib
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from openface_core.errors import ConfigError, ModelFileError
from openface_core.kept_files import kept_bytes
from openface_core.model_files import (
    face_landmark_model_files,
    is_mtcnn_list,
    mtcnn_files,
    read_action_unit_list,
)

_CHUNK_BYTES = 2**20
_YOUNG_NS = 2_000_000_000

NO_MODEL = "none"
"""Stands for a model that a run does without."""

_EYES = ("left_eye_28", "right_eye_28")
_PARTS = ("inner", *_EYES)


SPECIFICATIONS = ("landmarks", "witness", "second_witness", "face_network", "measurements")
"""What of a selection may name a specification file of the user's own."""


@dataclass(frozen=True)
class ModelSelection:
    """Which models a run uses, by file name or by the name of a landmark specification.

    Parameters
    ----------
    detector : str
        ONNX file of the face detector, or the list of OpenFace's, ``MTCNN_detector.txt``.
    landmarks : str
        Name of a landmark specification of this package, or path of a specification file.
    refinement : str
        List of the patch experts that refine landmarks, or ``none``.
    preferred_refinement : str
        List of CE-CLM's patch experts, which takes the place of `refinement` where the models
        folder has them, as the validator that it names takes the place of `validator`; or ``none``.
    preferred_detector : str
        Detector that then takes the place of `detector`, where the models folder has it; or
        ``none``.
    parts : tuple of str
        Parts of the face whose own patch experts are used: ``inner`` (all but the jaw; CE-CLM has
        no such part), ``left_eye_28``, ``right_eye_28``. Gaze needs both eyes, or `eyes`.
    eyes : str
        Network that finds the points of the eyes, where no patch experts do, or ``none``.
    validator : str
        Network that judges landmarks: OpenFace's, one of this project's own (``.onnx``), or
        ``none``.
    witness : str
        Specification of the landmark network that is asked about what patch experts follow, as
        `landmarks`, or ``none``. Without patch experts there is nothing to be asked about.
    second_witness : str
        Specification of another network, which sees strong expressions together with the witness
        where the models folder has its file; or ``none``.
    face_network : str
        Specification of a network that knows people again, by the name of one in
        ``models/network_specs`` or by its path, or ``none``. Without it, appearance does.
    measurements : tuple of str
        Specifications of further networks on a face, as `face_network`, whose numbers are columns
        of the table.
    shape : str
        Point distribution model.
    triangulation : str
        Triangulation of the face mask.
    video_action_units, image_action_units : str
        Lists of the action-unit predictors for videos and for single images. For videos,
        ``all_dynamic`` is a list of this program, which takes OpenFace's dynamic predictors
        wherever there is one.
    """

    detector: str = "retinaface_mobilenet025.onnx"
    landmarks: str = "ghostone98"
    refinement: str = "main_clnf_general.txt"
    preferred_refinement: str = NO_MODEL
    preferred_detector: str = NO_MODEL
    parts: tuple[str, ...] = _PARTS
    eyes: str = NO_MODEL
    validator: str = "detection_validation/validator_cnn.txt"
    witness: str = "embedded68"
    second_witness: str = "cunjian_mobilefacenet68"
    face_network: str = NO_MODEL
    measurements: tuple[str, ...] = ()
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
        if len(set(self.measurements)) != len(self.measurements):
            raise ConfigError(
                "models.measurements",
                f"a network is named twice: {', '.join(self.measurements)}",
                "Name each network once, or none: [].",
            )

    @property
    def has_witness(self) -> bool:
        """Whether a network is asked about what patch experts follow."""
        return self.witness != NO_MODEL

    @property
    def has_eyes(self) -> bool:
        """Whether models of both eyes are asked for, which gaze needs."""
        return self.eyes != NO_MODEL or set(_EYES) <= set(self.parts)


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
    witness_network, witness_spec : Path or None
        Files of the network that is asked about followed landmarks; None as for these.
    second_witness_network, second_witness_spec : Path or None
        Files of the network that sees strong expressions together with this one; None as for these,
        and where the models folder has none.
    eyes : Path or None
        File of the network that finds the points of the eyes; None as for these.
    face_network, face_network_spec : Path or None
        Files of the network that knows people again; None as for these.
    measurements : tuple of (Path, Path)
        Specification and file of every further network on a face.
    video_predictors : Path or None
        What the list for videos is relative to; None stands for its own folder.
    parts : tuple of str
        Parts of the face that the patch experts of the list are read for.
    package : Path
        Folder of the installed models package where the files were found.
    """

    root: Path
    shape: Path
    triangulation: Path
    video_action_units: Path
    image_action_units: Path
    detector: Path | None
    landmark_network: Path | None
    landmark_spec: Path | None
    package: Path
    video_predictors: Path | None = None
    refinement: Path | None = None
    validator: Path | None = None
    parts: tuple[str, ...] = ()
    witness_network: Path | None = None
    witness_spec: Path | None = None
    second_witness_network: Path | None = None
    second_witness_spec: Path | None = None
    eyes: Path | None = None
    face_network: Path | None = None
    face_network_spec: Path | None = None
    measurements: tuple[tuple[Path, Path], ...] = ()

    def on_this_machine(self, package: Path) -> "ModelFiles":
        """Return the same files on a machine where the models package may be installed elsewhere.

        What comes with the package, the embedded models and the specifications, is taken from its
        own folder; all else has one path everywhere.

        Parameters
        ----------
        package : Path
            Folder of the models package on this machine.
        """

        def here(path: Path) -> Path:
            if not path.is_relative_to(self.package):
                return path
            return package / path.relative_to(self.package)

        paths: dict[str, Any] = {
            name: here(path)
            for name, path in ((field.name, getattr(self, field.name)) for field in fields(self))
            if isinstance(path, Path)
        }
        further = tuple((here(spec), here(model)) for spec, model in self.measurements)
        return replace(self, measurements=further, **paths)

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
            self.witness_network,
            self.witness_spec,
            self.second_witness_network,
            self.second_witness_spec,
            self.eyes,
            self.face_network,
            self.face_network_spec,
            *(path for pair in self.measurements for path in pair),
        )
        return tuple(path for path in named if path is not None)

    def all_files(self) -> tuple[Path, ...]:
        """Return every file that takes part in a run, predictors included, in a fixed order."""
        return tuple(sorted({*self._measuring_files(), *self._network_files()}))

    def _measuring_files(self) -> tuple[Path, ...]:
        """Return the files that measure faces, whose landmarks may be given."""
        files = [self.shape, self.triangulation, self.video_action_units, self.image_action_units]
        files += (path for pair in self.measurements for path in pair)
        lists = (self.video_action_units, self.video_predictors), (self.image_action_units, None)
        for path, folder in lists:
            files += (predictor for predictor, _ in read_action_unit_list(path, folder))
        return tuple(files)

    def network_names(self) -> tuple[str, ...]:
        """Return the names, as in :meth:`sha256`, of what given landmarks do without."""
        names, needed = self.names, set(self._measuring_files())
        return tuple(names[path] for path in self._network_files() if path not in needed)

    def _network_files(self) -> tuple[Path, ...]:
        """Return the files that find and follow faces."""
        named: tuple[Path | None, ...] = (
            self.detector,
            self.landmark_network,
            self.landmark_spec,
            self.validator,
            self.witness_network,
            self.witness_spec,
            self.second_witness_network,
            self.second_witness_spec,
            self.eyes,
            self.face_network,
            self.face_network_spec,
        )
        if self.detector is not None and is_mtcnn_list(self.detector):
            named = (*named, *mtcnn_files(self.detector))
        experts: tuple[Path, ...] = ()
        if self.refinement is not None:
            experts = face_landmark_model_files(self.refinement, self.parts)
        return tuple(path for path in (*named, *experts) if path is not None)

    def sha256(self) -> dict[str, str]:
        """Return the SHA-256 of every file, by path below the models folder.

        Files outside of it, such as the specifications of this package, go by their bare name, or
        by as much of their path as tells them from the others.

        Raises
        ------
        ModelFileError
            If a file cannot be read.
        """
        names = self.names
        return dict(zip(names.values(), _hashes(tuple(names)), strict=True))

    @cached_property
    def names(self) -> dict[Path, str]:
        """The name of every file, as in :meth:`sha256`; no two are alike."""
        files = self.all_files()
        below = {path: _below(path, self.root) for path in files}
        # The names of files that stand in every record do not depend on those that do not, and the
        # user's own files give way to those of the package.
        needed = set(self._measuring_files())
        taken = {name for name in below.values() if name is not None}
        names = {path: name for path, name in below.items() if name is not None}
        for path in sorted(
            set(files) - set(names),
            key=lambda path: (path not in needed, not path.is_relative_to(self.package), path),
        ):
            tails = ("/".join(path.parts[-count:]) for count in range(1, len(path.parts) + 1))
            names[path] = next((tail for tail in tails if tail not in taken), path.as_posix())
            taken.add(names[path])
        return {path: names[path] for path in files}


def _below(path: Path, root: Path) -> str | None:
    """Return the name of a file below the models folder; None if it is elsewhere."""
    if path.is_relative_to(root) and ".." not in path.relative_to(root).parts:
        return path.relative_to(root).as_posix()
    place, folder = path.parent.resolve() / path.name, root.resolve()
    return place.relative_to(folder).as_posix() if place.is_relative_to(folder) else None


def _hashes(paths: Sequence[Path]) -> list[str]:
    """Return the hashes of files, from before where these are as they were then.

    To read all of a model takes a twentieth of a second at every start. A change of a file, or
    another one in its place, changes what the disk says of it, unless it is younger than its clock
    is fine.
    """

    def make() -> bytes:
        return json.dumps([_sha256(path) for path in paths]).encode()

    states = [_state(path) for path in paths]
    if None in states:
        return [_sha256(path) for path in paths]
    made_of = (repr(states).encode(),)
    found = json.loads(bytes(kept_bytes("hashes of models 1", made_of, make, least_bytes=0)))
    return [str(digest) for digest in found]


def _state(path: Path) -> tuple[str | int, ...] | None:
    """Return what tells a file from others and from itself later; None if that is not certain."""
    try:
        status = path.stat()
    except OSError:  # reading it will say why
        return None
    if time.time_ns() - max(status.st_ctime_ns, status.st_mtime_ns) < _YOUNG_NS:
        return None
    place = str(path.absolute())
    return (
        place,
        status.st_dev,
        status.st_ino,
        status.st_size,
        status.st_mtime_ns,
        status.st_ctime_ns,
    )


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
