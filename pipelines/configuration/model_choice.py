"""Which preset and which models a command uses, where one of them or both are not named."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from models import EMBEDDED_PACK, compare_with_packs, folder_of_environment, models_folder
from models.choice import takes_packs
from openface_core.analysis.model_set import ModelFiles
from openface_core.analysis.settings import RunSettings
from openface_core.errors import ConfigError
from pipelines.configuration.config_file import (
    check_needed_pack,
    load_settings,
    needed_pack,
    preset_names,
)
from pipelines.screen import screen

DEFAULT_PRESET = "default"
EMBEDDED_PRESET = "embedded"

FALLBACK = (
    "No models are named, so the embedded ones are used, which are small. "
    "`openface-beam models list` shows better ones."
)


def chosen_preset(models: str | None, config: str | None) -> str:
    """Return the preset of a command line.

    Parameters
    ----------
    models, config : str or None
        What ``--models`` and ``--config`` name.

    Returns
    -------
    str
        The one that is named. Otherwise ``embedded`` for the embedded models, which are also those
        of a machine whose environment names none; ``default`` for all others.
    """
    if config is not None:
        return config
    if models is None:
        return EMBEDDED_PRESET if folder_of_environment() is None else DEFAULT_PRESET
    return EMBEDDED_PRESET if models == EMBEDDED_PACK else DEFAULT_PRESET


@dataclass(frozen=True)
class ModelChoice:
    """Preset and models of a command.

    Parameters
    ----------
    config : str
        Preset or TOML file.
    settings : RunSettings
        What it sets.
    models : str or None
        What the command line names: a pack, a folder, or nothing.
    is_fallback : bool
        Whether nothing was named, neither by the command line nor by the environment.
    """

    config: str
    settings: RunSettings
    models: str | None
    is_fallback: bool

    def folder(self, *, with_networks: bool = True) -> Path:
        """Return the models folder; a pack is compared with its hashes.

        Parameters
        ----------
        with_networks : bool
            Whether detector and landmark network are needed; not where landmarks are given.

        Raises
        ------
        ConfigError
            If the preset is made for a pack that there is not.
        ModelFileError
            If files of a pack are missing or damaged; the command that gets them is told.
        """
        if self.models is None:
            check_needed_pack(self.config)
        needed = needed_pack(self.config)
        return models_folder(self.models, with_networks=with_networks, needed=needed)

    def compare(self, files: ModelFiles, hashes: Mapping[str, str]) -> str | None:
        """Compare the files of a run with those of packs, see :func:`compare_with_packs`.

        Parameters
        ----------
        files : ModelFiles
            The files.
        hashes : mapping of str to str
            Their SHA-256.

        Returns
        -------
        str or None
            A warning where files in a folder that is no pack's differ.

        Raises
        ------
        ModelFileError
            If files of a pack differ.
        """
        is_pack = takes_packs(self.models, needed=needed_pack(self.config))
        return compare_with_packs(files, hashes, is_pack=is_pack)

    def announce(self, *, quiet: bool) -> None:
        """Say on stderr, in one line, that nothing was named and what is better."""
        if self.is_fallback and not quiet:
            screen().write(f"{FALLBACK}\n")


def choose_models(models: str | None, config: str | None) -> ModelChoice:
    """Return the preset and the models of a command line.

    Parameters
    ----------
    models, config : str or None
        What ``--models`` and ``--config`` name.

    Raises
    ------
    ConfigError
        If there is no such preset or file, or it is wrong, or the preset names models that the
        embedded pack does not have.
    """
    preset = chosen_preset(models, config)
    if models == EMBEDDED_PACK and preset in preset_names() and needed_pack(preset) != models:
        raise ConfigError(
            f"--models {models}",
            f"the preset {preset!r} is made for other models",
            f"Leave --config out, or name --models {needed_pack(preset)}.",
        )
    is_fallback = models is None and config is None and preset == EMBEDDED_PRESET
    return ModelChoice(preset, load_settings(preset), models, is_fallback)
