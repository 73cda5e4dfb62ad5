"""Which models and which preset the demo's clips are measured with."""

from pipelines.demo_corpus.arguments import DemoArguments

_PRESET = "embedded"
"""Where no models are named, whatever the environment says: figures are to be those of the docs."""


def chosen_config(arguments: DemoArguments) -> str | None:
    """Return the preset or TOML file of the measurement; None for the one that goes with models."""
    is_named = arguments.config is not None or arguments.models is not None
    return arguments.config if is_named else _PRESET


def check_models(arguments: DemoArguments) -> None:
    """Do nothing if the models that measure the clips are there.

    Parameters
    ----------
    arguments : DemoArguments
        What the demo was asked for.

    Raises
    ------
    OpenFaceBeamError
        If there is no such preset, or files of the models are missing or damaged.
    """
    # What reads models brings NumPy, which --help need not wait for.
    from models import locate_models
    from pipelines.configuration.model_choice import choose_models

    choice = choose_models(arguments.models, chosen_config(arguments))
    locate_models(choice.folder(), choice.settings.models)
