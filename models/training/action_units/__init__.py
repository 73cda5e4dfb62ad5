"""Training of the action-unit predictors."""

from models.training.action_units.train import train_action_units

__all__ = ["train_action_units"]
