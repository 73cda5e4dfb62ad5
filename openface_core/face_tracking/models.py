"""The models that find and follow faces."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from openface_core.detection import FaceDetector
from openface_core.eyes import EYE_PARTS, EyeFitter
from openface_core.face_tracking.settings import FaceRefinementSettings
from openface_core.face_tracking.strong_expressions import NetworkPair
from openface_core.face_tracking.witness import NetworkWitness
from openface_core.landmark_confidence import ConfidenceModel
from openface_core.landmarks import LandmarkNetwork
from openface_core.landmarks.mixing import mixed_points
from openface_core.refinement.initial_fit import HypothesisFit, Refiner
from openface_core.refinement.landmark_model import FaceLandmarkModel
from openface_core.refinement.own_frame import OwnFrame, PictureFrame
from openface_core.refinement.parts import FaceRefiner
from openface_core.refinement.rolled_frame import RolledFrame
from openface_core.shape import PointDistributionModel


@dataclass(frozen=True, eq=False)
class FaceRefinement:
    """Refinement with wide and with narrow search windows.

    Parameters
    ----------
    first : FaceRefiner
        For faces that were detected anew.
    following : FaceRefiner
        For faces that are known from the frame before.
    eyes : EyeFitter or None
        Makes eyes of the parts, where both eyes are among them.
    hypotheses : HypothesisFit or None
        Takes the place of `first` for faces that were detected anew: several head orientations are
        tried. Where the detector says which box the landmarks will fill, in that box.
    detector_name : str
        What OpenFace calls such a landmark detector.
    follows_network : bool
        Whether a face is followed by the landmark network, whose points are refined in each frame.
    network_share : float
        Then so much of its points is taken, and for the rest the refined ones.
    is_place_independent : bool
        Whether a face is found and refined alike wherever in the picture it is, see
        :mod:`~openface_core.landmarks.settling` and :mod:`~openface_core.refinement.own_frame`.
    """

    first: FaceRefiner
    following: FaceRefiner
    eyes: EyeFitter | None = None
    hypotheses: HypothesisFit | None = None
    detector_name: str = ""
    follows_network: bool = False
    network_share: float = 0.0
    is_place_independent: bool = False

    def agreed(
        self, refined: NDArray[np.float32], points: NDArray[np.float32]
    ) -> NDArray[np.float64]:
        """Return what is taken of refined landmarks (68, 2) and the points they started from."""
        return mixed_points(refined, points, self.network_share)

    @property
    def detected(self) -> Refiner:
        """What refines a face that was detected anew."""
        return self.first if self.hypotheses is None else self.hypotheses

    @classmethod
    def from_settings(
        cls,
        model: FaceLandmarkModel,
        settings: FaceRefinementSettings,
        *,
        finds_peaks: bool = False,
    ) -> "FaceRefinement":
        """Return the refinement that settings describe.

        Parameters
        ----------
        model : FaceLandmarkModel
            Shape models and patch experts of the face and its parts.
        settings : FaceRefinementSettings
            How to refine.
        finds_peaks : bool
            Whether landmarks by themselves are sought too, which both sides of a face are told
            apart by.

        Raises
        ------
        ValueError
            If the model does not fit the settings.
        """
        has_eyes = set(EYE_PARTS) <= {part.name for part in model.parts}
        first = FaceRefiner(model, settings.first, finds_peaks=finds_peaks)
        following = first.with_settings(settings.following)
        hypotheses = None
        if settings.hypotheses:
            windows = (*settings.windows_px, *(0 for _ in model.face.experts))
            used = zip(model.face.experts, windows, strict=False)
            idle = [experts for experts, window in used if window == 0]
            hypotheses = HypothesisFit(
                first, settings.first, model.face.early_termination, idle=idle
            )
        eyes = EyeFitter(model) if has_eyes else None
        return cls(
            first,
            following,
            eyes,
            hypotheses,
            model.detector_name,
            settings.follow_network,
            settings.network_share,
            settings.place_independent,
        )


@dataclass(frozen=True, eq=False)
class FaceTrackingModels:
    """Models in memory, which several threads may use at once.

    Parameters
    ----------
    detector : FaceDetector
        Component 1.
    network : LandmarkNetwork
        Component 2.
    pdm : PointDistributionModel
        The shape of a face, to which the network's points are fitted.
    refinement : FaceRefinement or None
        Component 3; None takes the network's points, fitted to the shape.
    validator : ConfidenceModel or None
        Says how far landmarks can be trusted. Without it, the network's own probability that there
        is a face does where its points are taken or refined in every frame, or else the detector's
        score.
    witness : NetworkWitness or None
        Is asked about faces that patch experts follow.
    network_pair : NetworkPair or None
        Takes part in the landmarks of strong expressions of these.
    fits_any_roll : bool
        Whether faces are fitted and refined alike however they are rolled, see
        :mod:`~openface_core.refinement.rolled_frame`.
    """

    detector: FaceDetector
    network: LandmarkNetwork
    pdm: PointDistributionModel
    refinement: FaceRefinement | None
    validator: ConfidenceModel | None
    witness: NetworkWitness | None = None
    network_pair: NetworkPair | None = None
    fits_any_roll: bool = False

    @property
    def is_place_independent(self) -> bool:
        """Whether a face is found and refined alike wherever in the picture it is."""
        return self.refinement is not None and self.refinement.is_place_independent

    @property
    def frame(self) -> PictureFrame:
        """The coordinates that faces are fitted and refined in."""
        upright = (OwnFrame if self.is_place_independent else PictureFrame)(self.pdm)
        return RolledFrame(upright) if self.fits_any_roll else upright
