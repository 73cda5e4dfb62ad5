"""What the documents tell a newcomer to type is what is performed on every change."""

import shlex
from collections.abc import Callable
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader

import pytest

from pipelines.main_job.arguments import parse_arguments
from tests.fixtures.places import REPOSITORY

NAMES = ("first run", "tests")
DOCUMENT = (REPOSITORY / "docs" / "fresh-machine.md").read_text(encoding="utf-8")
README = (REPOSITORY / "README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def commands() -> Callable[[str, str], str]:
    """The function of the script, whose file has no suffix."""
    loader = SourceFileLoader("documented_commands", str(REPOSITORY / ".ci/documented_commands"))
    spec = spec_from_loader(loader.name, loader)
    assert spec is not None
    module = module_from_spec(spec)
    loader.exec_module(module)
    return module.commands


@pytest.mark.parametrize("name", NAMES)
def test_a_block_is_one_command(name: str, commands: Callable[[str, str], str]) -> None:
    # Every line but the last goes on, so that the shell does not pass over a failure.
    *more, last = commands(DOCUMENT, name).splitlines()
    assert all(line.endswith("&&") for line in more)
    assert not last.endswith("&&")


@pytest.mark.parametrize("name", NAMES)
def test_the_readme_says_the_same(name: str, commands: Callable[[str, str], str]) -> None:
    assert f"```bash\n{commands(DOCUMENT, name)}```\n" in README


@pytest.mark.parametrize("name", NAMES)
def test_they_are_performed(name: str) -> None:
    lines = (REPOSITORY / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    assert f"perform {shlex.quote(name)}".replace("'", '"') in lines


def test_the_readme_begins_with_them(commands: Callable[[str, str], str]) -> None:
    blocks = [text.split("```")[0] for text in README.split("```bash\n")[1:]]
    assert blocks[:2] == [commands(DOCUMENT, name) for name in NAMES]


@pytest.mark.parametrize("text", ["", "<!-- performed: a -->\ntext", "```bash\na\n```\n"])
def test_a_missing_block(text: str, commands: Callable[[str, str], str]) -> None:
    with pytest.raises(LookupError, match="0 blocks"):
        commands(text, "a")


def test_every_run_that_the_readme_shows_is_understood() -> None:
    blocks = [text.split("```")[0] for text in README.split("```bash\n")[1:]]
    runs = [
        line.split()[2:]
        for block in blocks
        for line in block.splitlines()
        if line.startswith("openface-beam run ")
    ]
    assert runs
    for words in runs:
        assert parse_arguments(words).beam == ()
