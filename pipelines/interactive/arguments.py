"""What Python code may hand over as an argument: wrong kinds are named before they are used."""

from numbers import Real

from openface_core.errors import ConfigError


def text_of(name: str, value: str | None) -> str | None:
    """Return a text, or nothing; numbers and lists are refused by name."""
    if value is not None and not isinstance(value, str):
        raise ConfigError(
            name, f"a text is expected, found {value!r}", "Write it as the documentation shows."
        )
    return value


def check_number(name: str, value: object) -> None:
    """Refuse what is neither a number nor nothing."""
    if value is not None and not isinstance(value, Real):
        raise ConfigError(
            name, f"a number is expected, found {value!r}", "Write it without quotation marks."
        )


def check_flag(name: str, value: object) -> None:
    """Refuse what is neither true, false, nor nothing."""
    if value is not None and not isinstance(value, bool):
        raise ConfigError(name, f"True or False is expected, found {value!r}", "Write one of them.")
