"""What needs the video's frames, against dumps of the C++ program: alignment and the chain."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from openface_core.alignment import (
    ALIGNED_SIZE_PX,
    apply_mask,
    mask_of_aligned_face,
    warp_affine,
)
from openface_core.analysis.analyser import Analyser
from openface_core.analysis.engine import Engine
from openface_core.analysis.settings import CalibrationSettings, RunSettings, SmoothingSettings
from openface_core.errors import InputError
from openface_core.faces import Face, FaceMeter, FacesInFrame, FaceStatus
from openface_core.media import DecodedFrame, open_media
from pipelines.comparison.action_units import (
    CHAIN_PRESENCE_BOUND,
    ChainComparison,
    check_count,
    intensity_columns,
    presence_columns,
    unit_rows,
)
from pipelines.comparison.components import (
    ALIGNED,
    IDENTICAL,
    cells_row,
    intensities_row,
)
from pipelines.comparison.golden_dumps import GoldenDumps, Shape
from pipelines.comparison.openface_output import (
    read_openface_output,
)
from pipelines.comparison.report import Bound, Row, UnitRow

CHAIN_INTENSITY_BOUND = Bound(max_difference=0.03, mean_difference=1e-3, least_r=0.999)

FINAL = "au_final.csv"


class _AlignedFaces:
    """Warps and masks the frames whose aligned faces were dumped, with the dumped matrices."""

    def __init__(self, dumps: GoldenDumps, triangles: NDArray[np.int32]) -> None:
        self._dumps, self._triangles = dumps, triangles
        numbers = dumps.frame_numbers(ALIGNED)
        self._place = {int(number) - 1: k for k, number in enumerate(numbers)}
        size = (len(numbers), ALIGNED_SIZE_PX, ALIGNED_SIZE_PX)
        shapes: dict[str, Shape] = {"unmasked": (*size, 3), "mask": size, "aligned": (*size, 3)}
        self._expected = dumps.read(ALIGNED, shapes)
        self._found = {
            key: np.full(values.shape, np.nan, dtype=np.float32)
            for key, values in self._expected.items()
        }

    def add(self, frame: DecodedFrame) -> None:
        """Align one frame, if it is among those that were dumped."""
        k = self._place.get(frame.index)
        if k is None:
            return
        matrix = self._dumps.calcparams["warp_matrix"][frame.index].astype(np.float32)
        image = warp_affine(frame.image, matrix, ALIGNED_SIZE_PX)
        self._found["unmasked"][k] = image
        mask = mask_of_aligned_face(
            self._dumps.landmarks[frame.index], matrix, self._triangles, ALIGNED_SIZE_PX
        )
        # The dumped mask was read off the two pictures, so beyond the frame's border, where both
        # are black, it says nothing.
        white = np.full_like(frame.image, 255)
        has_source = warp_affine(white, matrix, ALIGNED_SIZE_PX)[..., 0] > 0
        self._found["mask"][k][has_source] = mask[has_source]
        apply_mask(image, mask, image)
        self._found["aligned"][k] = image

    def rows(self) -> Iterator[Row]:
        """Yield the rows of what was added."""
        names = {"unmasked": "warped pixels", "mask": "mask", "aligned": "masked pixels"}
        for key, name in names.items():
            yield cells_row("5 alignment", name, self._found[key], self._expected[key], IDENTICAL)


@dataclass(frozen=True, eq=False)
class _DumpedFaces:
    """Takes the landmarks of the C++ program."""

    dumps: GoldenDumps
    meter: FaceMeter

    @property
    def are_several(self) -> bool:
        """The C++ program follows one face."""
        return False

    def observe(self, frame: DecodedFrame) -> FacesInFrame:
        """Return the dumped face; frames beyond the dumps are counted, for the message."""
        index = frame.index
        face = Face(FaceStatus.NOT_GIVEN)
        if index < self.dumps.frame_count and self.dumps.success[index]:
            face = Face(FaceStatus.FOUND, self.dumps.landmarks[index])
        return FacesInFrame({0: face})

    def check_frame_count(self, frame_count: int) -> tuple[str, ...]:
        """Return nothing; raise InputError if the dumps are not of a video of so many frames."""
        if frame_count != self.dumps.frame_count:
            raise InputError(
                self.dumps.folder,
                f"dumps of {self.dumps.frame_count} frames, the video has {frame_count}",
                "Give the video that the dumps were made from.",
            )

        return ()


def compare_video_with_dumps(
    video: str,
    dumps: GoldenDumps,
    engine: Engine,
    settings: RunSettings,
    on_frame: Callable[[], None],
) -> ChainComparison:
    """Compare what needs the video's frames with the dumps, in one pass over it.

    Parameters
    ----------
    video : str
        The video that the dumps were made from.
    dumps : GoldenDumps
        The dumps.
    engine : Engine
        The models.
    settings : RunSettings
        Limits of decoding.
    on_frame : callable
        Called after every frame.

    Returns
    -------
    ChainComparison
        Alignment of the dumped frames, and the chain from landmarks to final action units.

    Raises
    ------
    OpenFaceBeamError
        If the video cannot be read, or a dump is damaged or of another video.
    """
    aligned = _AlignedFaces(dumps, engine.meter.aligner.triangles) if dumps.has(ALIGNED) else None
    # OpenFace gives dynamic values however few frames calibrate them, and averages missing ones.
    as_openface = replace(
        settings,
        calibration=CalibrationSettings(least_frames=0),
        smoothing=SmoothingSettings(missing_as_zero=True),
    )
    analyser = Analyser(engine, as_openface)

    def take(frame: DecodedFrame, _faces: FacesInFrame) -> None:
        if aligned is not None and frame.index < dumps.frame_count:
            aligned.add(frame)
        on_frame()

    with open_media(video, limits=settings.decoding) as media:
        measured = analyser.medium(media, _DumpedFaces(dumps, engine.meter), on_faces=take)
    rows: list[Row] = []
    if aligned is not None:
        rows += aligned.rows()
    units: tuple[UnitRow, ...] = ()
    if dumps.has(FINAL):
        models = engine.video_models
        intensities, presences = intensity_columns(models), presence_columns(models)
        reference = read_openface_output(str(dumps.folder / FINAL), (*intensities, *presences))
        check_count(reference, dumps.frame_count)
        part = "whole chain from dumped landmarks"
        (face,) = measured.faces
        pairs = (
            (face.units.intensities, reference.all_values(intensities)),
            (face.units.presences, reference.all_values(presences)),
        )
        rows.append(intensities_row(part, *pairs[0], CHAIN_INTENSITY_BOUND))
        rows.append(cells_row(part, "AU_c", *pairs[1], CHAIN_PRESENCE_BOUND))
        units = tuple(unit_rows(part, models, *pairs))
    return ChainComparison(tuple(rows), units)
