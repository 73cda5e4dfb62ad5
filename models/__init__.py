"""The models: which there are, how they are got, and where their files are found."""

from models.choice import models_folder
from models.locate import ModelFiles, ModelSelection, locate_models

__all__ = ["ModelFiles", "ModelSelection", "locate_models", "models_folder"]
