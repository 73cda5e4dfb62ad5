"""The command in docs/fresh-machine.md that ``.ci/run`` does not perform."""

import pytest

from tests.unit.docs.commands import run_command, shown_commands
from tests.unit.docs.markdown import page


def test_the_packs_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    (block,) = (b for b in page("docs/fresh-machine.md").blocks if b.marker == "tested")
    (words,) = shown_commands(block.text)
    assert words[:2] == ["openface-beam", "models"]
    assert run_command(words[1:]) == 0
    assert "embedded" in capsys.readouterr().out
