"""What Python code hands over, before it is used."""

from collections.abc import Callable
from inspect import signature
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from openface_core.errors import ConfigError
from pipelines.export_job.arguments import ExportArguments
from pipelines.export_job.report_arguments import ReportArguments
from pipelines.interactive import export, report, run
from pipelines.interactive.arguments import (
    arguments_of,
    check_number,
    flag_of,
    path_of,
    text_of,
    whole_numbers,
)
from pipelines.main_job.arguments import RunArguments

RUN = {"inputs": "a.mp4", "output": "out"}
EXPORT = {"dataset": "results", "output": "out"}


def test_what_stands_for_a_declared_type() -> None:
    given = {"inputs": Path("a.mp4"), "output": Path("out"), "landmarks": Path("a.csv")}
    found = arguments_of(RunArguments, given | {"sides": None, "config": None, "force": True})
    assert found == RunArguments(("a.mp4",), "out", landmarks="a.csv", force=True)
    several = arguments_of(RunArguments, RUN | {"inputs": (Path(n) for n in "ab"), "beam": "--x"})
    assert several == RunArguments(("a", "b"), "out", beam=("--x",))


def test_numbers_of_numpy_become_those_of_python() -> None:
    numbers = {"size": np.int64(96), "scale": np.float32(0.5), "faces": np.array([1, 2])}
    found = arguments_of(ExportArguments, EXPORT | numbers | {"columns": "2d", "dialect": None})
    assert found == ExportArguments(
        "results", "out", size=96, scale=0.5, faces=(1, 2), columns=("2d",)
    )
    assert [type(value) for value in (found.size, found.scale, *found.faces)] == [
        int,
        float,
        int,
        int,
    ]


def test_truth_of_numpy_becomes_that_of_python() -> None:
    assert arguments_of(RunArguments, RUN | {"sides": np.bool_(1)}).sides is True
    assert arguments_of(RunArguments, RUN | {"sides": np.array([0]).any()}).sides is False
    assert flag_of("sides", np.bool_(1)) is True  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="size: a whole number is expected"):
        arguments_of(ExportArguments, EXPORT | {"size": np.bool_(1)})


def test_every_option_is_of_a_type_that_is_checked() -> None:
    required = {RunArguments: RUN, ExportArguments: EXPORT, ReportArguments: {"dataset": "results"}}
    for job, given in required.items():
        for name in signature(job).parameters:
            with pytest.raises(ConfigError, match=f"^{name}: .* is expected, found "):
                arguments_of(job, given | {name: object()})


@pytest.mark.parametrize(
    ("job", "option", "value", "cause"),
    [
        (run, "force", "no", "True or False is expected, found 'no'"),
        (run, "sides", "yes", "True or False is expected, found 'yes'"),
        (run, "dry_run", "false", "True or False is expected, found 'false'"),
        (run, "quiet", 1, "True or False is expected, found 1"),
        (run, "landmarks", 5, "a text is expected, found 5"),
        (run, "landmarks", b"a.csv", "a text is expected, found b'a.csv'"),
        (run, "beam", {"a": 1}, "a list of texts is expected, found {'a': 1}"),
        (export, "size", "112", "a whole number is expected, found '112'"),
        (export, "size", 112.5, "a whole number is expected, found 112.5"),
        (export, "scale", True, "a number is expected, found True"),
        (export, "faces", 0, "a list of whole numbers is expected, found 0"),
        (export, "faces", [0.5], "a whole number is expected, found 0.5"),
        (export, "faces", [True], "a whole number is expected, found True"),
        (export, "video_ids", [1], "a text is expected, found 1"),
        (report, "force", "no", "True or False is expected, found 'no'"),
        (report, "output", 5, "a text is expected, found 5"),
    ],
)
def test_other_types_are_named(
    job: Callable[..., Any], option: str, value: object, cause: str, tmp_path: Path
) -> None:
    given = [str(tmp_path / "in"), *([] if job is report else [str(tmp_path / "out")])]
    with pytest.raises(ConfigError) as found:
        job(*given, **{option: value})
    assert (found.value.subject, found.value.cause) == (option, cause)
    assert found.value.remedy
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("inputs", [None, 5, b"a.mp4", [5], {"a.mp4": 1}])
def test_inputs_are_texts(inputs: Any) -> None:
    with pytest.raises(ConfigError, match=r"^inputs: "):
        run(inputs, "out")


def test_an_option_that_there_is_not() -> None:
    with pytest.raises(TypeError, match="unexpected keyword argument 'forced'"):
        run("a.mp4", "out", forced=None)
    with pytest.raises(TypeError, match=r"argument 'model'\. Did you mean 'models'\?"):
        run("a.mp4", "out", model="embedded")
    with pytest.raises(TypeError, match=r"argument 'x'\. There are: dataset, output, "):
        report("results", x=1)


def test_a_long_value_does_not_fill_the_message() -> None:
    table = pd.DataFrame({"x": [1, 2]})
    with pytest.raises(ConfigError, match="found DataFrame"):
        text_of("landmarks", table)


def test_single_values() -> None:
    assert flag_of("sides", None) is None
    check_number("from_seconds", None)
    check_number("from_seconds", np.float32(1))
    assert path_of("path", Path("a/b")) == "a/b"
    assert whole_numbers("face_ids", [0, np.int32(3)]) == (0, 3)
    with pytest.raises(ConfigError, match="from_seconds: a number is expected, found True"):
        check_number("from_seconds", True)
    with pytest.raises(ConfigError, match="path: a text is expected, found 5"):
        path_of("path", 5)  # type: ignore[arg-type]
    with pytest.raises(
        ConfigError,
        match=r"face_ids: a list of whole numbers is expected, found 0\. Write it as \[0\]",
    ):
        whole_numbers("face_ids", 0)
