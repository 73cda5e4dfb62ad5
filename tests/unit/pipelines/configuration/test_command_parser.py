"""What is said of a mistyped command line."""

import argparse
from pathlib import Path

import pytest

from models.registry import default_registry
from pipelines import docs, pool
from pipelines.comparison import arguments as comparison
from pipelines.configuration.command_parser import CommandParser
from pipelines.demo_corpus import arguments as demo
from pipelines.export_job import arguments as export
from pipelines.export_job import report_arguments as report
from pipelines.main_job import arguments as main_job
from pipelines.model_packs import arguments as model_packs
from pipelines.timing import arguments as timing

PARSERS = [
    main_job.parser(),
    export.parser(),
    report.parser(),
    demo.parser(),
    comparison.parser(),
    timing.parser(),
    model_packs.parser(default_registry()),
    pool.parser(),
    docs.parser(),
]


def command() -> CommandParser:
    result = CommandParser(prog="prog")
    result.add_argument("--video", required=True)
    result.add_argument("--output")
    result.add_argument("--size", type=int)
    result.add_argument("--parts", nargs="+", action="extend", default=[])
    result.add_argument("--quiet", action="store_true")
    return result


def said(parser: CommandParser, words: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit) as caught:
        parser.parse_args(words)
    assert caught.value.code == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    return captured.err


@pytest.mark.parametrize("parser", PARSERS, ids=lambda parser: parser.prog)
def test_every_command_errs_in_one_line(
    parser: CommandParser, capsys: pytest.CaptureFixture[str]
) -> None:
    err = said(parser, ["--no-such\noption", "x"], capsys)
    assert err.startswith("error: ")
    assert err.endswith(f"See `{parser.prog} --help`.\n")
    assert err.count("\n") == 1


@pytest.mark.parametrize("parser", PARSERS, ids=lambda parser: parser.prog)
def test_every_list_adds_up_and_every_value_is_given_once(parser: CommandParser) -> None:
    for action in parser._actions:
        if action.option_strings and action.nargs in ("+", "*"):
            assert isinstance(action, argparse._ExtendAction), action.option_strings
    assert not parser.allow_abbrev


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--outptu", "x"], "unrecognized arguments: --outptu x. Did you mean --output?"),
        (["--outptu=x"], "unrecognized arguments: --outptu=x. Did you mean --output?"),
        (["-output", "x"], "unrecognized arguments: -output x. Did you mean --output?"),
        (["--out", "x"], "unrecognized arguments: --out x. Did you mean --output?"),
        (
            ["--quite", "--sise=3"],
            "unrecognized arguments: --quite --sise=3. Did you mean --quiet and --size?",
        ),
        (["--fly"], "unrecognized arguments: --fly."),
        (["output"], "unrecognized arguments: output."),
        (["--size", "big"], "--size: invalid int value: 'big'."),
        (["--size"], "--size: expected one argument."),
        (["--size", "1", "--size", "2"], "--size is given twice."),
    ],
)
def test_what_is_wrong(words: list[str], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    found = said(command(), ["--video", "a.mp4", *words], capsys)
    assert found == f"error: {told} See `prog --help`.\n"


@pytest.mark.parametrize(
    ("words", "more"),
    [
        ([], ""),
        (["--vidoe", "a.mp4"], "; unrecognized: --vidoe. Did you mean --video?"),
        (["--vidoe=a.mp4"], "; unrecognized: --vidoe. Did you mean --video?"),
        (["--outptu", "x"], ""),
        (["--output", "x", "--fly", "vidoe", "--", "--vidoe"], ""),
    ],
)
def test_what_is_missing(words: list[str], more: str, capsys: pytest.CaptureFixture[str]) -> None:
    found = said(command(), words, capsys)
    told = f"the following arguments are required: --video{more or '.'}"
    assert found == f"error: {told} See `prog --help`.\n"


def test_words_for_another_program_are_not_refused() -> None:
    found, others = command().parse_known_args(["--video", "a", "--job_name=x", "--outptu=y"])
    assert found.video == "a"
    assert others == ["--job_name=x", "--outptu=y"]


def test_lists_that_are_given_again_are_added() -> None:
    parser = command()
    words = ["--video", "a", "--parts", "x", "y", "--parts", "z"]
    assert parser.parse_args(words).parts == ["x", "y", "z"]
    assert parser.parse_args(words).parts == ["x", "y", "z"]


def test_a_sub_command(capsys: pytest.CaptureFixture[str]) -> None:
    parser = model_packs.parser(default_registry())
    mistyped = said(parser, ["fecth", "default"], capsys)
    assert "invalid choice: 'fecth' (choose from list, fetch, import, verify, where)" in mistyped
    assert mistyped.endswith("Did you mean fetch? See `openface-beam models --help`.\n")
    assert said(parser, ["fetch", "default", "--accept-licence"], capsys) == (
        "error: unrecognized arguments: --accept-licence. Did you mean --accept-license? "
        "See `openface-beam models fetch --help`.\n"
    )
    assert said(parser, ["import", "default", "--form", "x"], capsys) == (
        "error: the following arguments are required: --from; unrecognized: --form. "
        "Did you mean --from? See `openface-beam models import --help`.\n"
    )
    assert "--from is given twice" in said(
        parser, ["import", "--from", "a", "--from", "b", "default"], capsys
    )
    assert said(parser, ["import", "default", "--from", ""], capsys) == (
        "error: --from: the name is empty. See `openface-beam models import --help`.\n"
    )
    assert parser.parse_args(["import", "default", "--from", "a"]).source == Path("a")
