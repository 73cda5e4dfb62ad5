"""The embedded face detector: its network, its training pictures and its training."""

from models.training.detector.part import train_detector

__all__ = ["train_detector"]
