"""The command in docs/fresh-machine.md that ``.ci/run`` does not perform."""

import pytest

import models.command_line
from pipelines import cli
from tests.unit.docs.commands import shown_commands
from tests.unit.docs.markdown import page


def test_the_packs_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    (block,) = (b for b in page("docs/fresh-machine.md").blocks if b.marker == "tested")
    (words,) = shown_commands(block.text)
    assert words[:2] == ["openface-beam", "models"]
    main = cli.main if "models" in cli.COMMANDS else lambda argv: models.command_line.main(argv[1:])
    assert main(words[1:]) == 0
    assert "embedded" in capsys.readouterr().out
