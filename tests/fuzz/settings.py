"""Configurations, and descriptions of networks."""

import random
from pathlib import Path

from openface_core.face_networks.spec import load_face_network_spec
from openface_core.landmarks.spec import load_landmark_spec
from pipelines.configuration.config_file import (
    PRESETS_FOLDER,
    load_beam_options,
    load_settings,
    needed_pack,
)
from tests.fixtures.mutation import encoded, mutated, mutated_text
from tests.fixtures.places import REPOSITORY
from tests.fuzz.plain import plain_errors

_LANDMARK_SPECS = REPOSITORY / "models" / "landmark_specs"
_NETWORK_SPECS = REPOSITORY / "models" / "network_specs"


def prepare(folder: Path) -> None:
    """Nothing is needed but what comes with the program."""


def case(folder: Path, work: Path, chance: random.Random) -> None:
    """Load a damaged file."""
    places = {PRESETS_FOLDER: 4, _LANDMARK_SPECS: 1, _NETWORK_SPECS: 1}
    (place,) = chance.choices(list(places), list(places.values()))
    text = chance.choice(sorted(place.glob("*.toml"))).read_text()
    content = encoded(mutated_text(text, chance), chance)
    if chance.random() < 0.3:
        content = mutated(content, chance)
    path = work / "own.toml"
    path.write_bytes(content)
    if place == _LANDMARK_SPECS:
        with plain_errors():
            load_landmark_spec(path)
    elif place == _NETWORK_SPECS:
        with plain_errors():
            load_face_network_spec(path)
    else:
        for load in (load_settings, needed_pack, load_beam_options):
            with plain_errors():
                load(str(path))
