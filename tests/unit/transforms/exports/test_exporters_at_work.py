"""Exporters of one input, of which one fails."""

import errno

import pyarrow as pa
import pytest

from openface_core.errors import InputError, OutputError, StorageFullError
from openface_core.exports import Exporter
from openface_core.exports.plain_csv import PlainCsv
from transforms.exports.exporters_at_work import ExportersAtWork


class Abandoned(PlainCsv):
    """Counts how often it is let go of, which fails."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def abandon(self) -> None:
        self.count += 1
        raise ValueError("it is open no more")


@pytest.mark.parametrize("error", [ValueError("a fault"), InputError("v", "no face", "None.")])
def test_one_that_fails_takes_no_part_any_more(error: Exception) -> None:
    failures: list[Exception] = []
    exporters = ExportersAtWork({"bad": PlainCsv(), "good": PlainCsv()}, failures)
    asked: list[str] = []

    def step(name: str, _: Exporter) -> None:
        asked.append(name)
        if name in failing:
            raise error

    failing = ["bad"]
    exporters.each(step)
    exporters.each(step)
    assert asked == ["bad", "good", "good"]
    assert failures == [error]
    assert exporters
    failing.append("good")
    exporters.each(step)
    assert not exporters


def test_a_file_that_is_too_large_is_a_matter_of_its_format() -> None:
    failures: list[Exception] = []
    exporters = ExportersAtWork({"hog": PlainCsv(), "csv": PlainCsv()}, failures)

    def step(name: str, _: Exporter) -> None:
        if name == "hog":
            raise OSError(errno.EFBIG, "File too large")

    exporters.each(step)
    assert exporters
    (error,) = failures
    assert isinstance(error, OutputError)
    assert (error.subject, "another file system" in error.remedy) == ("hog", True)


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.EIO, "the disk"),
        MemoryError(),
        pa.ArrowInvalid("a column"),
        OutputError("out", "it cannot be written", "Mend it."),
        StorageFullError.on("out", "the disk is full"),
    ],
)
def test_what_is_wrong_with_all_of_them_is_raised(error: Exception) -> None:
    exporters = ExportersAtWork({"one": PlainCsv()}, [])

    def step(_: str, __: Exporter) -> None:
        raise error

    with pytest.raises(type(error)):
        exporters.each(step)


def test_all_are_let_go_of() -> None:
    made = {name: Abandoned() for name in "ab"}
    ExportersAtWork(made, []).close()
    assert [exporter.count for exporter in made.values()] == [1, 1]
