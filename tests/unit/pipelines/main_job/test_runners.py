"""Runners by name, and the Beam options that go with them."""

import logging
import os
import re
from collections.abc import Iterator

import pytest

from openface_core.errors import ConfigError
from pipelines.main_job.runners import (
    available_cores,
    beam_arguments,
    chosen_runner,
    import_beam,
    is_local,
    make_runner,
    pipeline_options,
)
from pipelines.own_process import own_process

LOCAL = ["DirectRunner", "FnApiRunner"]


@pytest.fixture(autouse=True)
def keep_logging() -> Iterator[None]:
    """Importing Beam sets up the root logger; put it back for the other tests."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.mark.parametrize("runner", LOCAL)
def test_a_local_run_uses_all_cores(runner: str) -> None:
    assert is_local(runner)
    assert set(beam_arguments(runner, ())) == {
        "--direct_running_mode=multi_threading",
        f"--direct_num_workers={available_cores()}",
    }


@pytest.mark.parametrize("given", [["--direct_num_workers=3"], ["--direct_num_workers", "3"]])
def test_what_the_user_says_counts(given: list[str]) -> None:
    arguments = beam_arguments("DirectRunner", given)
    assert arguments == [*given, "--direct_running_mode=multi_threading"]


def test_other_runners_get_no_local_options() -> None:
    assert not is_local("FlinkRunner")
    given = ["--flink_master=x", "--job_server_timeout=9", "--job_name=mine"]
    assert beam_arguments("FlinkRunner", given) == [*given, "--runner=FlinkRunner"]
    runner, name = beam_arguments("DataflowRunner", [])
    assert runner == "--runner=DataflowRunner"
    # By its name a run finds its job on a cluster.
    assert re.fullmatch("--job_name=openface-beam-[0-9a-f]{12}", name)


def test_cores() -> None:
    assert 1 <= available_cores() <= (os.cpu_count() or 1)


def test_direct_runner_is_never_beams_own() -> None:
    import_beam()
    from apache_beam.runners.portability.fn_api_runner.fn_runner import FnApiRunner

    for runner in LOCAL:
        options = pipeline_options(runner, ())
        made = make_runner(runner, options)
        assert type(made) is FnApiRunner
    assert make_runner("FlinkRunner", options) == "FlinkRunner"


def test_one_process_without_threads_has_one_worker() -> None:
    assert "--direct_num_workers=1" in beam_arguments(
        "DirectRunner", ["--direct_running_mode=in_memory"]
    )


def test_options_reach_beam() -> None:
    options = pipeline_options("DirectRunner", ["--direct_num_workers=3"])
    found = options.get_all_options()
    assert found["direct_num_workers"] == 3
    assert found["direct_running_mode"] == "multi_threading"


def test_fewer_than_no_workers_are_refused() -> None:
    with pytest.raises(ConfigError, match="--direct_num_workers: expected 0 or more, found -1"):
        pipeline_options("DirectRunner", ["--direct_num_workers=-1"])


@pytest.mark.parametrize("count", [4097, 99999999999])
def test_more_workers_than_any_machine_has_are_refused(count: int) -> None:
    with pytest.raises(ConfigError, match="--direct_num_workers: expected at most 4096"):
        pipeline_options("DirectRunner", [f"--direct_num_workers={count}"])


@pytest.mark.parametrize("word", ["--profile_cpu", "--profile_memory"])
def test_profiling_for_which_beam_fails_at_the_end_is_refused(word: str) -> None:
    with pytest.raises(ConfigError, match=word):
        pipeline_options("DirectRunner", [word])
    pipeline_options("DirectRunner", ["--profile_cpu", "--profile_location=out"])


def test_an_unknown_option_of_a_local_run() -> None:
    with pytest.raises(ConfigError, match="neither an option") as caught:
        pipeline_options("DirectRunner", ["--nothing-of-the-kind=3"])
    assert caught.value.subject == "--nothing-of-the-kind"


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("--landmark=x", "--landmarks"),
        ("--quite", "--quiet"),
        ("--direct_num_worker=2", "--direct_num_workers"),
    ],
)
def test_a_mistyped_option_is_recognised(word: str, meant: str) -> None:
    with pytest.raises(ConfigError) as caught:
        pipeline_options("DirectRunner", [word])
    assert caught.value.remedy == f"Did you mean {meant}?"


@pytest.mark.parametrize("word", ["--direct_num_workers=many", "--direct_running_mode=fast"])
def test_a_wrong_value_of_a_beam_option(word: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ConfigError) as caught:
        pipeline_options("DirectRunner", [word])
    assert word.split("=")[0] in caught.value.cause
    assert capsys.readouterr().err == ""


def test_an_unknown_runner() -> None:
    with pytest.raises(ConfigError, match="no such runner") as caught:
        pipeline_options("WarpRunner", ())
    assert caught.value.subject == "--runner=WarpRunner"
    assert "DirectRunner" in caught.value.remedy


def test_importing_beam_leaves_logging_as_a_command_wants_it() -> None:
    with own_process():
        assert import_beam().__name__ == "apache_beam"
    (handler,) = logging.getLogger().handlers
    assert isinstance(handler, logging.StreamHandler)
    assert handler.formatter is not None
    assert handler.formatter._fmt == "%(levelname)s: %(message)s"


PRESET = {"runner": ("flink",), "flink_master": ("a:1",), "experiments": ("x", "y"), "async": ()}
OF_PRESET = ("--flink_master=a:1", "--experiments=x", "--experiments=y", "--async")


@pytest.mark.parametrize(
    ("runner", "given", "expected"),
    [
        (None, (), ("FlinkRunner", OF_PRESET)),
        ("FlinkRunner", (), ("FlinkRunner", OF_PRESET)),
        (
            None,
            ("--flink-master", "b:2"),
            ("FlinkRunner", (*OF_PRESET[1:], "--flink-master", "b:2")),
        ),
        ("DirectRunner", ("--experiments=z",), ("DirectRunner", ("--experiments=z",))),
    ],
)
def test_the_command_line_comes_before_a_preset(
    runner: str | None, given: tuple[str, ...], expected: tuple[str, tuple[str, ...]]
) -> None:
    assert chosen_runner(runner, given, PRESET) == expected


def test_without_a_preset() -> None:
    assert chosen_runner(None, ("--x",), {}) == ("DirectRunner", ("--x",))
    assert chosen_runner("portable", (), {}) == ("PortableRunner", ())
    assert chosen_runner(None, (), {"direct_num_workers": ("3",)})[1] == ("--direct_num_workers=3",)


def test_the_options_of_the_command_itself_may_be_meant() -> None:
    with pytest.raises(ConfigError) as caught:
        pipeline_options("DirectRunner", ["--pictur-type=png"], ("--picture-type", "--size"))
    assert caught.value.remedy == "Did you mean --picture-type?"
