"""What is kept of a shard once its frames are analysed."""

from dataclasses import dataclass, replace

from openface_core.descriptors import FHOG_SIZE, GEOMETRY_SIZE
from openface_core.fields import Extent, FaceSeries
from openface_core.fields.series import check_stored_fields
from openface_core.running_medians import FHOG_RANGE, GEOMETRY_RANGE, Descriptor


@dataclass(frozen=True, eq=False)
class ShardFeatures:
    """Measurements of one face over the n frames of a shard.

    Of the descriptors only the products with the weights and the histogram bins are kept: nothing
    that follows needs more of them.

    Parameters
    ----------
    series : FaceSeries
        The stored fields, see :mod:`openface_core.fields.face_fields`.
    extent : Extent
        What the models measure.
    first_descriptors : tuple of two
        For the even and for the odd 0-based places in the shard: the first successful frame's
        descriptor as it is, appearance (4464,) float32 and geometry (238,) float64, or None where
        there is no successful frame. A video's first median is a descriptor that was not
        quantised, and which frames move the medians is not known while a shard is analysed.

    Raises
    ------
    ValueError
        If a field is missing or has another shape or dtype, a bin lies outside of its histogram,
        or the first descriptors do not go with the successful frames.
    """

    series: FaceSeries
    extent: Extent
    first_descriptors: tuple[Descriptor | None, Descriptor | None]

    def __post_init__(self) -> None:
        check_stored_fields(self.series, self.extent)
        for name, bin_count in (
            ("fhog_bins", FHOG_RANGE.bins),
            ("geometry_bins", GEOMETRY_RANGE.bins),
        ):
            highest = self.series[name].max(initial=0)
            if highest >= bin_count:
                raise ValueError(f"{name}: bins below {bin_count} are expected, found {highest}")
        for parity, first in enumerate(self.first_descriptors):
            if (first is not None) != bool(self.series.success[parity::2].any()):
                raise ValueError(f"first_descriptors[{parity}] does not go with success")
            if first is not None:
                found = [(values.shape, values.dtype.name) for values in first]
                if found != [((FHOG_SIZE,), "float32"), ((GEOMETRY_SIZE,), "float64")]:
                    raise ValueError(f"first_descriptors[{parity}]: not a descriptor: {found}")

    def __len__(self) -> int:
        return len(self.series)

    def first_frames(self, count: int) -> "ShardFeatures":
        """Return the first frames only, among them all in which the face was found."""
        arrays = {name: array[:count] for name, array in self.series.arrays.items()}
        return replace(self, series=FaceSeries(arrays))
