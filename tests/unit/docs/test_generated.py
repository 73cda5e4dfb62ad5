"""Generated pages are what they are generated from."""

import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from openface_core.analysis.settings import RunSettings
from pipelines.configuration.config_file import PRESETS_FOLDER, load_settings
from tests.unit.docs.commands import command_names, help_text, sub_commands
from tests.unit.docs.markdown import page
from tests.unit.docs.regenerate import COMMAND, GENERATED
from tests.unit.docs.settings_page import as_toml, flat


@pytest.mark.parametrize("name", GENERATED)
def test_a_generated_page_is_up_to_date(name: str) -> None:
    # Python's versions break the lines of a usage at different places.
    assert page(name).text.split() == GENERATED[name]().split(), f"run: {COMMAND}"


def test_the_command_line_page_has_every_command() -> None:
    text = page("docs/cli.md").text
    assert {"run", "demo", "validate", "profile", "models"} <= set(command_names())
    assert set(sub_commands("models")) == {"list", "fetch", "import", "verify", "where"}
    for name in command_names():
        assert f"\n## openface-beam {name}\n" in text
        assert "usage:" in help_text(name)


def _set_in(toml: dict[str, Any], prefix: str = "") -> Iterable[tuple[str, object]]:
    for key, value in toml.items():
        if isinstance(value, dict):
            yield from _set_in(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def test_the_default_preset_names_every_setting_with_its_default() -> None:
    named = dict(_set_in(tomllib.loads((PRESETS_FOLDER / "default.toml").read_text("utf-8"))))
    assert named.pop("name") == RunSettings().name
    defaults = {
        key: list(v) if isinstance(v, tuple) else v for key, v in flat(RunSettings()).items()
    }
    assert named == defaults
    assert load_settings("default") == RunSettings()


def test_the_settings_page_names_every_setting() -> None:
    text = page("docs/settings.md").text
    for key, value in flat(RunSettings()).items():
        name = key.split(".")[1]
        assert f"\n| `{name}` | " in text
        assert f"| `{as_toml(value)}` |" in text


def test_the_example_of_the_settings_page_is_read(tmp_path: Path) -> None:
    (block,) = (block for block in page("docs/settings.md").blocks if block.language == "toml")
    (tmp_path / "mine.toml").write_text(block.text)
    settings = load_settings(str(tmp_path / "mine.toml"))
    assert settings.name == "my study"
    assert settings.detection.min_face_px == 80.0
    assert settings.output.timestamps == "frame_number"
