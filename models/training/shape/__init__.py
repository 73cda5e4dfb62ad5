"""Training of the shape model: non-rigid structure from motion on points of photographs."""

from models.training.shape.train import train_shape

__all__ = ["train_shape"]
