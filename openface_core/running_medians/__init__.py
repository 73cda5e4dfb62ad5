"""Component 10: the running medians of a person's descriptors, kept as histograms.

The dynamic action-unit models subtract a person's median descriptor. OpenFace estimates it on the
fly from one histogram per descriptor element; the estimate moves on odd frames only.

:mod:`~openface_core.running_medians.quantisation` turns values into histogram bins,
:mod:`~openface_core.running_medians.running_median` is the median of one kind of descriptor,
:mod:`~openface_core.running_medians.descriptor_medians` joins appearance and geometry over the
frames of a video, and :mod:`~openface_core.running_medians.median_state` is what must be kept to
go on later from the same place. :mod:`~openface_core.running_medians.rest_medians` forms both over
chosen frames at once.

References
----------
``FaceAnalyser::UpdateRunningMedian`` and ``AddNextFrame``, OpenFace 2.2.
"""

from openface_core.running_medians.descriptor_medians import Descriptor, DescriptorMedians
from openface_core.running_medians.median_state import MedianState
from openface_core.running_medians.quantisation import (
    FHOG_RANGE,
    GEOMETRY_RANGE,
    BinArray,
    HistogramRange,
    quantise,
)
from openface_core.running_medians.rest_medians import RestMedians
from openface_core.running_medians.running_median import RunningMedian, count_and_advance

__all__ = [
    "FHOG_RANGE",
    "GEOMETRY_RANGE",
    "BinArray",
    "Descriptor",
    "DescriptorMedians",
    "HistogramRange",
    "MedianState",
    "RestMedians",
    "RunningMedian",
    "count_and_advance",
    "quantise",
]
