"""One input after the other, in this process."""

import sys
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from os import PathLike, fspath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models import locate_models
from openface_core.analysis.analyser import Analyser as CoreAnalyser
from openface_core.analysis.analyser import OnFaces
from openface_core.analysis.engine import load_engine
from openface_core.analysis.settings import RunSettings
from openface_core.errors import ConfigError, InputError
from openface_core.inference import OnnxSettings
from openface_core.media import open_media
from openface_core.media.memory_frames import MemoryFrames
from openface_core.media.sources import from_root
from openface_core.rest_frames import RestRanges
from openface_core.shape import Camera
from openface_core.user_paths import expanded
from pipelines.configuration.model_choice import choose_models
from pipelines.interactive.analysis import Analysis
from pipelines.interactive.arguments import flag_of, path_of, text_of
from pipelines.interactive.python_words import in_python_words
from transforms.dataset.provenance import RunProvenance, confirmed_content, with_content
from transforms.plan.video_ids import name_videos, safe_video_id
from transforms.records import InputContent, VideoTask

Picture = NDArray[np.integer[Any] | np.floating[Any]]
"""What OpenCV declares its pictures as; those that are not of uint8 are refused."""


class Analyser:
    """Measures faces in videos, pictures and arrays; models are loaded once.

    Parameters
    ----------
    models : str or path, optional
        Model pack, or folder with OpenFace's model files and the ONNX networks. Without it, what
        the preset needs; by default the embedded models, which come with the program.
    config : str, optional
        Preset or TOML file; by default the one that is made for the models.
    provider : str, optional
        What onnxruntime runs on; by default as configured.
    calibration : str, optional
        What action units are relative to: ``video``, ``rest`` or ``none``; by default as
        configured.
    faces : str, optional
        Which faces are measured: ``all``, ``main`` or ``widest``; by default as configured.
    sides : bool, optional
        Whether the left and the right side of faces are measured; by default as configured.
    progress : bool, optional
        Whether to show a progress bar; by default on a terminal and in a notebook.

    Raises
    ------
    ConfigError
        If there is no such preset, file or pack, or the configuration is wrong.
    ModelFileError
        If model files are missing or damaged.

    Examples
    --------
    >>> analyser = Analyser("embedded")
    >>> analyser.settings.name
    'embedded'
    """

    @in_python_words()
    def __init__(
        self,
        models: str | PathLike[str] | None = None,
        config: str | PathLike[str] | None = None,
        *,
        provider: str | None = None,
        calibration: str | None = None,
        faces: str | None = None,
        sides: bool | None = None,
        progress: bool | None = None,
    ) -> None:
        sides, progress = flag_of("sides", sides), flag_of("progress", progress)
        texts = {"provider": provider, "calibration": calibration, "faces": faces}
        for option, text in texts.items():
            text_of(option, text)
        choice = choose_models(_name("models", models), _name("config", config))
        settings = choice.settings
        if provider is not None:
            onnx = OnnxSettings(provider, settings.onnxruntime.threads)
            settings = replace(settings, onnxruntime=onnx)
        if calibration is not None:
            calibrated = replace(settings.calibration, mode=calibration)
            settings = replace(settings, calibration=calibrated)
        if faces is not None:
            settings = replace(settings, faces=replace(settings.faces, select=faces))
        if sides is not None:
            settings = replace(settings, sides=replace(settings.sides, measure=sides))
        _check_calibration(settings.calibration.mode)
        files = locate_models(choice.folder(), settings.models)
        hashes = files.sha256()
        if (warning := choice.compare(files, hashes)) is not None:
            warnings.warn(warning.removeprefix("warning: "), stacklevel=3)  # over contextlib
        self._core = CoreAnalyser(load_engine(files, settings), settings)
        self._run = RunProvenance(settings.as_dict(), hashes, files.network_names())
        self._progress = progress

    def __repr__(self) -> str:
        return f"Analyser({self.settings.name!r})"

    @property
    def settings(self) -> RunSettings:
        """What the analysis is done with."""
        return self._core.settings

    @in_python_words()
    def video(
        self,
        path: str | PathLike[str],
        *,
        video_id: str | None = None,
        person_id: str | None = None,
        landmarks: str | PathLike[str] | None = None,
        camera: str | None = None,
        rest_seconds: str | None = None,
        rest_frames: str | None = None,
    ) -> Analysis:
        """Analyse a video, a picture, or a folder of pictures.

        Parameters
        ----------
        path : str or path
            Local path or fsspec URL.
        video_id : str, optional
            Its name in a dataset, of which what cannot stand in a path is replaced; by default from
            the file's name.
        person_id : str, optional
            Who is seen.
        landmarks : str or path, optional
            CSV or Parquet file of given landmarks; by default they are found.
        camera : str, optional
            Focal lengths and optical centre in pixels of the upright picture, ``"fx,fy,cx,cy"``;
            by default OpenFace's guess by the size of the frames.
        rest_seconds, rest_frames : str, optional
            When the person is at rest, as ``"0-10.5; 60-65"`` and ``"1-150"``, for calibration on
            rest frames.

        Raises
        ------
        OpenFaceBeamError
            If the input cannot be read, or changes meanwhile, given landmarks do not fit it, or
            ranges are wrong.
        """
        path, name = from_root(_path(path)), text_of("video_id", video_id)
        task = VideoTask(
            video_id=safe_video_id(name) if name else name_videos([path])[0],
            uri=path,
            person_id=text_of("person_id", person_id),
            landmarks_uri=_place("landmarks", landmarks),
            rest=_rest_ranges(rest_seconds, rest_frames),
            camera=_camera(camera),
        )
        task = with_content(task)
        with (
            open_media(task.uri, limits=self.settings.decoding) as media,
            self._shown(task.video_id, media.info.frame_count_from_header) as on_faces,
        ):
            faces = self._core.faces(task.landmarks_uri, camera=task.camera)
            measured = self._core.medium(media, faces, rest=task.rest, on_faces=on_faces)
        return Analysis(task, measured, confirmed_content(task), self._run, self._core)

    @in_python_words()
    def image(self, path: str | PathLike[str], **options: Any) -> Analysis:
        """Analyse a picture, with the models for single pictures.

        Parameters
        ----------
        path : str or path
            Local path or fsspec URL.
        **options
            As for :meth:`video`.

        Raises
        ------
        OpenFaceBeamError
            If it cannot be read, or is not a single picture.
        """
        path = _path(path)
        with open_media(path, limits=self.settings.decoding) as media:
            kind = media.info.kind
        if kind != "image":
            what = "a video" if kind == "video" else "a folder of pictures"
            raise InputError(path, f"this is {what}", "Pass it to Analyser.video.")
        return self.video(path, **options)

    @in_python_words()
    def frames(
        self,
        images: Iterable[Picture],
        fps: float,
        *,
        video_id: str = "frames",
        camera: str | None = None,
        rest_seconds: str | None = None,
        rest_frames: str | None = None,
    ) -> Analysis:
        """Analyse frames that are in memory, or come from elsewhere.

        Parameters
        ----------
        images : iterable of (H, W, 3) ndarray of uint8
            Upright BGR pictures in order; only one of them is held at a time.
        fps : float
            Frames per second, for the time stamps.
        video_id : str
            Their name in a dataset, of which what cannot stand in a path is replaced.
        camera, rest_seconds, rest_frames : str, optional
            As for :meth:`video`.

        Raises
        ------
        OpenFaceBeamError
            If a picture is of another form, or ranges are wrong.
        """
        video_id = safe_video_id(text_of("video_id", video_id) or "frames")
        task = VideoTask(video_id, f"memory:{video_id}", camera=_camera(camera))
        rest = _rest_ranges(rest_seconds, rest_frames)
        media = MemoryFrames(images, fps, task.uri)
        with self._shown(video_id, media.info.frame_count_from_header) as on_faces:
            faces = self._core.faces(camera=task.camera)
            measured = self._core.medium(media, faces, rest=rest, on_faces=on_faces)
        content = InputContent(media.fingerprint)
        return Analysis(replace(task, rest=rest), measured, content, self._run, self._core)

    @contextmanager
    def _shown(self, name: str, frame_count: int | None) -> Iterator[OnFaces]:
        """Show progress while frames are analysed."""
        if self._progress is False or sys.stderr is None:
            yield lambda *_: None
            return
        from tqdm.auto import tqdm  # which a start without it need not wait for

        disable = None if self._progress is None else False
        with tqdm(total=frame_count, desc=name, unit=" frames", disable=disable) as bar:
            yield lambda *_: bar.update()


def _check_calibration(mode: str) -> None:
    """Refuse to calibrate on all files of a person: there is one input at a time here."""
    if mode == "person":
        raise ConfigError(
            "calibration",
            "'person' takes all files of a person together, and an Analyser sees one at a time",
            "Call openface_beam.run with a manifest that has the column person_id, or give "
            "calibration='video'.",
        )


def _path(path: str | PathLike[str]) -> str:
    """Return a path as text; arrays, which have a method of their own, are told apart."""
    try:
        found = fspath(path)
    except TypeError:
        found = None
    if not isinstance(found, str):
        raise InputError(
            "input",
            f"a path or a URL is expected, found {type(path).__name__}",
            "Give pictures in memory to Analyser.frames.",
        )
    return expanded(found)


def _name(option: str, value: str | PathLike[str] | None) -> str | None:
    """Return a pack, a preset or a path as text."""
    return None if value is None else path_of(option, value)


def _place(option: str, value: str | PathLike[str] | None) -> str | None:
    """Return the place of a file, which stays the same if the working folder does not."""
    return None if value is None else from_root(path_of(option, value))


def _camera(text: str | None) -> Camera | None:
    named = text_of("camera", text)
    if named is None:
        return None
    from transforms.plan.manifest import read_camera  # it reads tables, which takes its time

    return read_camera("camera", named)


def _rest_ranges(seconds: str | None, frames: str | None) -> RestRanges | None:
    try:
        return RestRanges.parse(text_of("rest_seconds", seconds), text_of("rest_frames", frames))
    except ValueError as error:
        raise ConfigError(
            "rest frames", str(error), "Give ranges as '0-10.5; 60-65' or '1-150'."
        ) from None
