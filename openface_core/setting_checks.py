"""Settings that are out of range, told of in one way."""

from collections.abc import Mapping

from openface_core.errors import ConfigError


def check_settings(section: str, settings: object, checks: Mapping[str, tuple[bool, str]]) -> None:
    """Refuse the first setting that is out of range.

    Parameters
    ----------
    section : str
        The section of the configuration that they are in.
    settings : object
        Has them as attributes.
    checks : mapping of str to tuple of bool and str
        For each setting whether it is in range, and what is expected.

    Raises
    ------
    ConfigError
        If one is out of range.
    """
    for name, (good, expected) in checks.items():
        if not good:
            raise ConfigError(
                f"{section}.{name}",
                f"expected {expected}, found {getattr(settings, name)!r}",
                "Correct the value.",
            )
