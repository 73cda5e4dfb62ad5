"""The program's own errors."""

import pickle

from openface_core.errors import ConfigError


def test_an_error_says_what_why_and_what_to_do() -> None:
    error = ConfigError("own.toml", "it is empty", "Write something.")
    assert str(error) == "own.toml: it is empty. Write something."
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


def test_what_an_error_quotes_is_shortened() -> None:
    error = ConfigError("a.csv", f"row 1 has the id {'x' * 5000!r}, which is long", "Use 120.")
    assert len(error.cause) < 1000
    assert error.cause.startswith("row 1 has the id 'xxx")
    assert error.cause.endswith("xxx', which is long")
    assert pickle.loads(pickle.dumps(error)).cause == error.cause
