"""What every error about a model file must tell."""

from pathlib import Path

from openface_core.errors import ModelFileError


def assert_plain_error(error: ModelFileError, path: Path, *causes: str) -> None:
    """Assert that an error names the file and says cause and remedy in sentences."""
    assert error.subject == str(path)
    for cause in causes:
        assert cause in error.cause
    assert error.cause
    assert not error.cause.endswith(".")
    assert error.remedy.endswith(".")
    assert str(error) == f"{path}: {error.cause}. {error.remedy}"
