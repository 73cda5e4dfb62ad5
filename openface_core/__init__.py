"""Numerics and file formats of OpenFace 2.2's face analysis, free of any dataflow framework.

The eleven components, in the order in which a frame passes them:

=====  =======================================  ==========================================
  no.  component                                module
=====  =======================================  ==========================================
    1  face detection (RetinaFace)              :mod:`openface_core.detection`
    2  landmarks (any ONNX network, or a file)  :mod:`openface_core.landmarks`
    3  refinement (patch experts)               :mod:`openface_core.refinement`
    4  CalcParams: PDM shape and pose           :mod:`openface_core.shape`
    5  alignment, warp and face mask            :mod:`openface_core.alignment`
    6  FHOG                                     :mod:`openface_core.fhog`
    7  geometry descriptor                      :mod:`openface_core.geometry`
    8  static action units                      :mod:`openface_core.action_units.static`
    9  dynamic action units                     :mod:`openface_core.action_units.dynamic`
   10  running medians                          :mod:`openface_core.running_medians`
   11  post-processing                          :mod:`openface_core.action_units.postprocessing`
=====  =======================================  ==========================================

Beside them, :mod:`openface_core.eyes` fits models of the eyes and follows their gaze,
:mod:`openface_core.landmark_confidence` says how far landmarks can be trusted, and
:mod:`openface_core.face_tracking` puts components 1 to 3 together and follows a face through a
video.

Coordinates everywhere are pixels of the upright frame: x right, y down, pixel centres on integers.
Lengths are millimetres, angles radians, times seconds.
"""

import os
from importlib.metadata import PackageNotFoundError, version

# onnxruntime sends figures about its use to its maker, from its import on, and this is the only
# switch that comes in time. Whoever wants them sent sets the variable to 0.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

try:
    __version__ = version("openface-beam")
except PackageNotFoundError:  # imported from a checkout that was never installed
    __version__ = "0+unknown"
