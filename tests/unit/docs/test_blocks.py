"""Every block of code says whether it is run, and by what; every command in it is one of ours.

A comment before a block, or before the whole page, says it: ``<!-- performed: NAME -->`` (by
``.ci/run``), ``<!-- tested: FILE -->`` or ``<!-- not run: REASON -->``.
"""

from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

import pytest

from openface_core.face_networks import load_face_network_spec
from pipelines.configuration.config_file import load_settings, preset_names
from tests.fixtures.places import REPOSITORY
from tests.unit.docs.commands import (
    command_names,
    options_in,
    options_of,
    shown_commands,
    sub_commands,
)
from tests.unit.docs.known import beam_options, literals
from tests.unit.docs.markdown import PAGES, Page, page

LANGUAGES = ("bash", "sh", "python")
COMMANDS = [
    pytest.param(words, id=f"{found}: {' '.join(words)[:70]}")
    for found in PAGES
    for block in found.blocks
    if block.language in ("bash", "sh")
    for words in shown_commands(block.text)
]


@pytest.mark.parametrize("found", PAGES, ids=str)
def test_every_block_says_whether_it_is_run(found: Page) -> None:
    silent = [b.text for b in found.blocks if b.language in LANGUAGES and b.marker is None]
    assert silent == []


@pytest.mark.parametrize("found", PAGES, ids=str)
def test_what_tests_a_block_exists_and_names_the_page(found: Page) -> None:
    for block in found.blocks:
        if block.marker == "tested":
            assert block.detail is not None
            test = (REPOSITORY / block.detail).read_text(encoding="utf-8")
            assert found.path.name in test


def test_what_is_performed_is_performed() -> None:
    script = (REPOSITORY / ".ci" / "run").read_text(encoding="utf-8")
    performed = {
        b.detail: b.text for b in page("docs/fresh-machine.md").blocks if b.marker == "performed"
    }
    assert performed
    for name in performed:
        assert f'perform "{name}"\n' in script or f"perform {name}\n" in script
    for found in PAGES:
        for block in found.blocks:
            if block.marker == "performed":
                assert block.text == performed[block.detail]


def _ours(words: list[str]) -> list[str] | None:
    """Return a command of ours from its name on; None for what is not ours."""
    if words[0] == "openface-beam":
        return words[1:]
    if words[:2] == ["python", "-m"] and words[2].split(".")[0] in ("pipelines", "models"):
        package, _, module = words[2].partition(".")
        if package == "pipelines":
            return [module, *words[3:]]
        return None if module else ["models", *words[3:]]
    return None


@pytest.mark.parametrize("words", COMMANDS)
def test_a_command_and_its_options_exist(words: list[str]) -> None:
    ours = _ours(words)
    if ours is not None:
        name, *rest = ours
        if name.startswith("-"):
            return
        assert name in command_names()
        known = set(options_of(name))
        for sub_command in sub_commands(name):
            if rest[:1] == [sub_command]:
                known |= options_of(name, sub_command)
        if sub_commands(name):
            assert rest[0] in (*sub_commands(name), "--help")
        if name == "run":
            known |= beam_options()
        assert set(options_in(rest)) <= known
    elif words[:2] == ["python", "-m"]:
        module = words[2]
        if module.split(".")[0] in ("benchmarks", "models", "tests"):
            assert find_spec(module) is not None
            assert set(options_in(words)) <= literals(module.split(".")[0])


@pytest.mark.parametrize("words", COMMANDS)
def test_a_preset_exists(words: list[str]) -> None:
    for option, value in pairwise(words):
        if option == "--config" and _ours(words) is not None:
            assert value in preset_names() or value.endswith(".toml")


def test_the_readme_lists_every_preset_of_one_machine() -> None:
    named = {row[0].strip("`") for row in page("README.md").table("`--config`")}
    assert named == set(preset_names()) - {"flink", "spark", "dataflow"}


@pytest.mark.parametrize("found", PAGES, ids=str)
def test_a_configuration_or_specification_is_read(found: Page, tmp_path: Path) -> None:
    for number, block in enumerate(found.blocks):
        if block.language == "toml":
            path = tmp_path / f"{number}.toml"
            path.write_text(block.text)
            if "[[outputs]]" in block.text:
                load_face_network_spec(path)
            else:
                load_settings(str(path))
