"""The models: which there are, how they are got, and where their files are found."""

from models.choice import DEFAULT_PACK, EMBEDDED_PACK, folder_of_environment, models_folder
from models.known_files import compare_with_packs
from models.locate import PACKAGE_FOLDER, locate_models
from models.registry import default_registry

__all__ = [
    "DEFAULT_PACK",
    "EMBEDDED_PACK",
    "PACKAGE_FOLDER",
    "compare_with_packs",
    "default_registry",
    "folder_of_environment",
    "locate_models",
    "models_folder",
]
