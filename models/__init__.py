"""The models: which there are, how they are got, and where their files are found."""

from models.choice import models_folder
from models.locate import ModelFiles, ModelSelection, locate_models
from models.registry import default_registry

__all__ = ["ModelFiles", "ModelSelection", "default_registry", "locate_models", "models_folder"]
