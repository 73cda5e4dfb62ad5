"""The formats that can be asked for, and what makes each."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import IntEnum

from openface_core.exports.annotations import Annotations
from openface_core.exports.exporter import Exporter
from openface_core.exports.face_pictures import AlignedForm, FacePictures
from openface_core.exports.openface.aligned_faces import AlignedFaces
from openface_core.exports.openface.csv_file import OpenFaceCsv
from openface_core.exports.openface.details_file import LISTED_FORMATS, OpenFaceDetails
from openface_core.exports.openface.hog_file import OpenFaceHog
from openface_core.exports.options import ExportOptions
from openface_core.exports.overlay.exporter import Overlay
from openface_core.exports.plain_csv import PlainCsv
from openface_core.exports.report.exporter import Report
from openface_core.shape import PointDistributionModel


class Turn(IntEnum):
    """When a format is written: one turn goes through the rows of an input once."""

    ROWS = 0
    PICTURES = 1
    LISTS = 2


@dataclass(frozen=True, eq=False)
class Request:
    """What an exporter is made with.

    Parameters
    ----------
    options : ExportOptions
        What the user has chosen.
    formats : tuple of str
        Formats that have been written by now, for files that list them.
    pictures : FacePictures or None
        Aligns faces; None where the models are not there.
    """

    options: ExportOptions
    formats: tuple[str, ...]
    pictures: FacePictures | None = None

    @property
    def pdm(self) -> PointDistributionModel | None:
        """The shape model, where it is there."""
        return None if self.pictures is None else self.pictures.meter.pdm

    @property
    def aligned(self) -> FacePictures:
        """What aligns faces, for formats that cannot do without."""
        assert self.pictures is not None  # noqa: S101 - checked before exporters are made
        return self.pictures


@dataclass(frozen=True)
class ExportFormat:
    """A format.

    Parameters
    ----------
    title : str
        What it is, for the help.
    make : callable
        Returns an exporter.
    options : tuple of str
        Options that its files depend on.
    needs_pictures : bool
        Whether the input itself is read.
    needs_models : bool
        Whether faces are aligned, for which the shape model must be there.
    takes_models : bool
        Whether files hold more where the shape model is there, which they can do without.
    names_input : bool
        Whether files say where the input is.
    lists_formats : tuple of str
        Other formats whose files are listed, which are written before.
    """

    title: str
    make: Callable[[Request], Exporter]
    options: tuple[str, ...] = ()
    needs_pictures: bool = False
    needs_models: bool = False
    takes_models: bool = False
    names_input: bool = False
    lists_formats: tuple[str, ...] = ()

    @property
    def turn(self) -> Turn:
        """When it is written."""
        if self.lists_formats:
            return Turn.LISTS
        return Turn.PICTURES if self.needs_pictures else Turn.ROWS


def _aligned(request: Request) -> Exporter:
    options = request.options
    form = AlignedForm(options.size_px, options.scale, options.masked, options.grey)
    return AlignedFaces(request.aligned, form, options.picture_type)


FORMATS: Mapping[str, ExportFormat] = {
    "openface-csv": ExportFormat(
        "OpenFace's CSV",
        lambda request: OpenFaceCsv(request.options.columns, request.options.dialect, request.pdm),
        ("columns", "dialect"),
        takes_models=True,
    ),
    "of-details": ExportFormat(
        "OpenFace's text file beside it",
        lambda request: OpenFaceDetails(request.formats, request.options.columns),
        ("columns",),
        names_input=True,
        lists_formats=LISTED_FORMATS,
    ),
    "hog": ExportFormat(
        "OpenFace's file of appearance descriptors",
        lambda request: OpenFaceHog(request.aligned),
        needs_pictures=True,
        needs_models=True,
    ),
    "aligned": ExportFormat(
        "OpenFace's folder of aligned faces",
        _aligned,
        ("picture_type", "size_px", "scale_px_per_mm", "masked", "grey"),
        needs_pictures=True,
        needs_models=True,
    ),
    "overlay": ExportFormat(
        "what was measured, drawn into the video",
        lambda request: Overlay(request.options),
        ("from_seconds", "to_seconds", "face_ids"),
        needs_pictures=True,
    ),
    "annotations": ExportFormat(
        "presence of action units, for ELAN and Praat", lambda _: Annotations(), names_input=True
    ),
    "report": ExportFormat(
        "a page that shows what was measured", lambda _: Report(), needs_pictures=True
    ),
    "csv": ExportFormat("the table as CSV, with its own columns", lambda _: PlainCsv()),
}
"""By name, in the order of the help."""
