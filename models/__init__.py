"""Where the files of OpenFace's models and of the networks are found, and what they are."""

from models.locate import ModelFiles, ModelSelection, default_models_folder, locate_models

__all__ = ["ModelFiles", "ModelSelection", "default_models_folder", "locate_models"]
