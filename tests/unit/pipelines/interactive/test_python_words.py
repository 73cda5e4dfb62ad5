"""Messages for Python users."""

from pathlib import Path

import pytest

from openface_beam import Analyser, export, run
from openface_core.errors import ConfigError, InputError
from pipelines.interactive.python_words import in_python_words, python_words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Name files with --input.", "Name files with inputs."),
        ("--from 3 --to 2", "from_seconds 3 to_seconds 2"),
        ("without --image-folders.", "without image_folders."),
        ("--runner=WarpRunner", "runner=WarpRunner"),
        (
            "`openface-beam models fetch x --base-url y`",
            "`openface-beam models fetch x --base-url y`",
        ),
        ("`openface-beam run --input x`, or --input", "`openface-beam run --input x`, or inputs"),
        ("use --direct_num_workers=2 or --models-x", "use --direct_num_workers=2 or --models-x"),
    ],
)
def test_options_are_arguments(text: str, words: str) -> None:
    assert python_words(text) == words


def test_the_error_itself_says_so() -> None:
    error = InputError("--input", "none", "Name --output.")
    with (
        pytest.raises(InputError, match=r"^inputs: none\. Name output\.$") as caught,
        in_python_words(),
    ):
        raise error
    assert caught.value is error


def test_what_users_call(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"Name files with inputs\.$"):
        run([], tmp_path / "out", models="embedded")
    with pytest.raises(ConfigError, match=r"^output: the name is empty"):
        export(tmp_path, "")
    with pytest.raises(ConfigError, match=r"^config: neither a preset"):
        Analyser("embedded", "")
    with pytest.raises(ConfigError, match=r"^models embedded: .* Leave config out, or name models"):
        Analyser("embedded", "default")
