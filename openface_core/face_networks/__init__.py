"""Networks that look at one face and say something of it: who it is, or how it looks.

:class:`FaceNetwork` runs any ONNX network that a :class:`FaceNetworkSpec` describes.
"""

from openface_core.face_networks.network import FaceNetwork
from openface_core.face_networks.spec import FaceNetworkSpec, FaceOutput, load_face_network_spec

__all__ = ["FaceNetwork", "FaceNetworkSpec", "FaceOutput", "load_face_network_spec"]
