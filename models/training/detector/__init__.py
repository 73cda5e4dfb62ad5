"""The embedded face detector: its network, its training pictures and its training."""

from models.training.detector.train import train_detector

__all__ = ["train_detector"]
