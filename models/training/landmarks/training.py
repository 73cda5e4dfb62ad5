"""The training of the landmark network: its loss, and its error on held-out faces."""

import copy
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from models.training.landmarks.augmentation import (
    CROP_PX,
    crop_transform,
    cut,
    face_square,
    transformed,
)
from models.training.landmarks.batches import Batch, BatchSource
from models.training.landmarks.labels import LabelledFaces
from models.training.landmarks.losses import map_loss, moments, star_loss
from models.training.landmarks.network import LandmarkHeatMaps, LandmarkPoints, NetworkSettings
from models.training.network_training import NetworkTrainer, Schedule
from models.training.photograph_landmarks import eye_distance

_HAS_BFLOAT16 = bool(torch.cpu.get_capabilities().get("avx512_bf16", False))
"""Without instructions for it, half the bits take eight times as long."""


@dataclass(frozen=True)
class LandmarkTrainingSettings(Schedule):
    """How the network is trained.

    Parameters
    ----------
    annotated_preference : float
        Annotated photographs are drawn this much oftener than others.
    bend : float
        Of the smooth L1 norm, in half sides of the crop.
    restriction : float
        Weight of the heat maps' variance.
    map_weight, last_map_weight : float
        Weight of the cross entropy of the heat maps at the beginning and at the end.
    sigma_cells : float
        Width of its Gaussians.
    presence_weight : float
    network : NetworkSettings
    """

    annotated_preference: float = 2.0
    bend: float = 0.01
    restriction: float = 1.0
    map_weight: float = 0.3
    last_map_weight: float = 0.03
    sigma_cells: float = 1.2
    presence_weight: float = 0.3
    network: NetworkSettings = field(default_factory=NetworkSettings)


FINE_TUNING = LandmarkTrainingSettings(
    steps=3_000,
    peak_rate=4e-4,
    warm_up=200,
    averaging=0.998,
    annotated_preference=1.0,
    map_weight=0.03,
)
"""How a trained network is trained further, with :mod:`openface_labels`."""


def input_tensor(crops: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> Tensor:
    """Return crops (n, 112, 112, 3) as the network takes them."""
    return torch.from_numpy(crops).permute(0, 3, 1, 2).float().div_(255.0)


def batch_loss(
    network: nn.Module, batch: Batch, settings: LandmarkTrainingSettings, step: int
) -> tuple[Tensor, dict[str, float]]:
    """Return the loss of a batch, and its parts for the record."""
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=_HAS_BFLOAT16):
        maps, presence = network(input_tensor(batch.crops))
    maps, presence = maps.float(), presence.float()
    log_density = torch.log_softmax(maps.flatten(2), dim=2).reshape(maps.shape)
    target, weights = torch.from_numpy(batch.points), torch.from_numpy(batch.weights)
    mean, covariance = moments(log_density)
    total = weights.sum().clamp_min(1.0)
    star = star_loss(mean, covariance, target, settings.bend, settings.restriction)
    star = (star * weights).sum() / total
    cross = (map_loss(log_density, target, settings.sigma_cells) * weights).sum() / total
    is_face = nn.functional.binary_cross_entropy_with_logits(
        presence[:, 0], torch.from_numpy(batch.presence)
    )
    share = settings.progress(step)
    map_weight = settings.map_weight + (settings.last_map_weight - settings.map_weight) * share
    loss = star + map_weight * cross + settings.presence_weight * is_face
    error = ((target - mean).norm(dim=2) * weights).sum() / total
    parts = {"star": star, "map": cross, "presence": is_face, "error_px": error * CROP_PX / 2.0}
    return loss, {name: float(value.detach()) for name, value in parts.items()}


@dataclass(frozen=True, eq=False)
class HeldOutFaces:
    """Crops of faces that are not trained on, and the points in them.

    Parameters
    ----------
    crops : (n, 3, 112, 112) Tensor
    points : (n, 68, 2) ndarray of float64
        Pixels of the crop.
    """

    crops: Tensor
    points: np.ndarray[tuple[int, ...], np.dtype[np.float64]]

    @classmethod
    def of(cls, faces: LabelledFaces) -> "HeldOutFaces":
        """Cut each face twice: as well as can be, and as a detector may."""
        crops, points = [], []
        chance = np.random.default_rng(0)
        for image, landmarks in zip(faces.images, faces.landmarks, strict=True):
            centre, side_px, angle = face_square(landmarks)
            off = np.clip(chance.normal(size=2), -2.0, 2.0) * 0.04 * side_px
            size = side_px * float(np.exp(chance.uniform(-0.12, 0.12)))
            for square in ((centre, side_px, angle), (centre + off, size, angle)):
                transform = crop_transform(*square, None)
                crops.append(cut(image, transform, chance))
                points.append(transformed(landmarks, transform))
        return cls(input_tensor(np.stack(crops)), np.stack(points))

    def error(self, network: nn.Module) -> float:
        """Return the mean error over the distance of the eyes' centres."""
        model = LandmarkPoints(network).eval()
        with torch.inference_mode():
            found = torch.cat([model(part)[0] for part in self.crops.split(32)]).numpy()
        places = found.astype(np.float64) * CROP_PX - 0.5
        distances = np.linalg.norm(places - self.points, axis=2).mean(axis=1)
        return float((distances / eye_distance(self.points)).mean())


class Trainer(NetworkTrainer):
    """A training of the landmark network with its checkpoints.

    Parameters
    ----------
    settings : LandmarkTrainingSettings
    seed : int
    checkpoint : Path
        Where the state is kept; a training goes on from there.
    start : nn.Module or None
        A :class:`LandmarkHeatMaps` whose weights are the first ones; None begins from random ones.
    origin : str
        What it learns from.
    """

    def __init__(
        self,
        settings: LandmarkTrainingSettings,
        seed: int,
        checkpoint: Path,
        start: nn.Module | None = None,
        origin: str = "",
    ) -> None:
        torch.manual_seed(seed)
        network = LandmarkHeatMaps(settings.network) if start is None else copy.deepcopy(start)
        super().__init__(network, settings, checkpoint, origin)
        self.settings = settings
        self._seed = seed

    def run(self, faces: LabelledFaces, held_out: HeldOutFaces) -> None:
        """Train up to the last step.

        Parameters
        ----------
        faces : LabelledFaces
        held_out : HeldOutFaces
            For the record only.
        """
        settings = self.settings
        source = BatchSource(
            faces, settings.batch, settings.steps, self._seed, settings.annotated_preference
        )
        self.train(
            source,
            lambda network, batch, step: batch_loss(network, batch, settings, step),
            lambda network: f"{100.0 * held_out.error(network):.3f} %",
        )
