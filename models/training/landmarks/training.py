"""The training of the landmark network: steps, checkpoints, error on held-out faces."""

import math
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader

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


@dataclass(frozen=True)
class LandmarkTrainingSettings:
    """How the network is trained.

    Parameters
    ----------
    steps : int
        Batches.
    batch : int
        Crops in one.
    annotated_preference : float
        Annotated photographs are drawn this much oftener than others.
    peak_rate, last_rate : float
        Learning rate after warming up, and at the end of the half cosine that follows.
    warm_up : int
        Steps.
    weight_decay : float
    averaging : float
        Decay of the moving average of the weights, which is what is exported.
    bend : float
        Of the smooth L1 norm, in half sides of the crop.
    restriction : float
        Weight of the heat maps' variance.
    map_weight, last_map_weight : float
        Weight of the cross entropy of the heat maps at the beginning and at the end.
    sigma_cells : float
        Width of its Gaussians.
    presence_weight : float
    checkpoint_every, report_every : int
        Steps.
    network : NetworkSettings
    """

    steps: int = 18_000
    batch: int = 32
    annotated_preference: float = 2.0
    peak_rate: float = 2e-3
    last_rate: float = 1e-5
    warm_up: int = 500
    weight_decay: float = 0.02
    averaging: float = 0.999
    bend: float = 0.01
    restriction: float = 1.0
    map_weight: float = 0.3
    last_map_weight: float = 0.03
    sigma_cells: float = 1.2
    presence_weight: float = 0.3
    checkpoint_every: int = 500
    report_every: int = 250
    network: NetworkSettings = field(default_factory=NetworkSettings)

    def progress(self, step: int) -> float:
        """Return the share of the half cosine that is behind at a step, 0 to 1."""
        done = (step - self.warm_up) / max(1, self.steps - self.warm_up)
        return 0.5 - 0.5 * math.cos(math.pi * min(max(done, 0.0), 1.0))

    def rate(self, step: int) -> float:
        """Return the learning rate of a step."""
        if step < self.warm_up:
            return self.peak_rate * (step + 1) / self.warm_up
        return self.peak_rate + (self.last_rate - self.peak_rate) * self.progress(step)


def input_tensor(crops: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> Tensor:
    """Return crops (n, 112, 112, 3) as the network takes them."""
    return torch.from_numpy(crops).permute(0, 3, 1, 2).float().div_(255.0)


def batch_loss(
    network: LandmarkHeatMaps, batch: Batch, settings: LandmarkTrainingSettings, step: int
) -> tuple[Tensor, dict[str, float]]:
    """Return the loss of a batch, and its parts for the record."""
    with torch.autocast("cpu", dtype=torch.bfloat16):
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

    def error(self, network: LandmarkHeatMaps) -> float:
        """Return the mean error over the distance of the eyes' centres."""
        model = LandmarkPoints(network).eval()
        with torch.inference_mode():
            found = torch.cat([model(part)[0] for part in self.crops.split(32)]).numpy()
        places = found.astype(np.float64) * CROP_PX - 0.5
        eyes = self.points[:, 36:42].mean(axis=1) - self.points[:, 42:48].mean(axis=1)
        distances = np.linalg.norm(places - self.points, axis=2).mean(axis=1)
        return float((distances / np.linalg.norm(eyes, axis=1)).mean())


def _first(batches: Sequence[Batch]) -> Batch:
    return batches[0]


class Trainer:
    """A training with its checkpoints.

    Parameters
    ----------
    settings : LandmarkTrainingSettings
    seed : int
    checkpoint : Path
        Where the state is kept; a training goes on from there.
    """

    def __init__(self, settings: LandmarkTrainingSettings, seed: int, checkpoint: Path) -> None:
        self.settings = settings
        self.step = 0
        self._seed = seed
        self._checkpoint = checkpoint
        torch.manual_seed(seed)
        self.network = LandmarkHeatMaps(settings.network).to(memory_format=torch.channels_last)
        self.averaged = LandmarkHeatMaps(settings.network)
        self.averaged.load_state_dict(self.network.state_dict())
        self._optimiser = torch.optim.AdamW(
            self.network.parameters(), lr=settings.peak_rate, weight_decay=settings.weight_decay
        )
        if checkpoint.exists():
            self._load()

    def _load(self) -> None:
        state = torch.load(self._checkpoint, weights_only=True)
        self.step = int(state["step"])
        self.network.load_state_dict(state["network"])
        self.averaged.load_state_dict(state["averaged"])
        self._optimiser.load_state_dict(state["optimiser"])

    def _save(self) -> None:
        state = {
            "step": self.step,
            "network": self.network.state_dict(),
            "averaged": self.averaged.state_dict(),
            "optimiser": self._optimiser.state_dict(),
        }
        part = self._checkpoint.with_suffix(".part")
        torch.save(state, part)
        part.replace(self._checkpoint)

    def _average(self) -> None:
        """Let the average follow the weights; at the beginning more quickly."""
        share = 1.0 - min(self.settings.averaging, (1.0 + self.step) / (10.0 + self.step))
        with torch.no_grad():
            pairs = zip(
                self.averaged.state_dict().values(),
                self.network.state_dict().values(),
                strict=True,
            )
            for mean, value in pairs:
                if mean.is_floating_point():
                    mean.lerp_(value, share)
                else:
                    mean.copy_(value)

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
            faces,
            settings.batch,
            settings.steps,
            self._seed,
            settings.annotated_preference,
        )
        loader = DataLoader(
            source,
            sampler=range(self.step, settings.steps),
            batch_size=1,
            collate_fn=_first,
            num_workers=1,
            prefetch_factor=8,
        )
        sums: dict[str, float] = {}
        start = time.monotonic()
        for batch in loader:
            for group in self._optimiser.param_groups:
                group["lr"] = settings.rate(self.step)
            self.network.train()
            loss, parts = batch_loss(self.network, batch, settings, self.step)
            self._optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(self.network.parameters(), 5.0)
            self._optimiser.step()
            self._average()
            self.step += 1
            for name, value in parts.items():
                sums[name] = sums.get(name, 0.0) + value / settings.report_every
            if self.step % settings.report_every == 0:
                rate = settings.report_every * settings.batch / (time.monotonic() - start)
                means = " ".join(f"{name} {value:.4f}" for name, value in sums.items())
                error = 100.0 * held_out.error(self.averaged)
                sys.stderr.write(
                    f"step {self.step} of {settings.steps}: {means}; held out {error:.3f} %; "
                    f"{rate:.0f} crops/s\n"
                )
                sums, start = {}, time.monotonic()
            if self.step % settings.checkpoint_every == 0 or self.step == settings.steps:
                self._save()
