"""The command line of the main job, as a contract with its users."""

from dataclasses import fields

import pytest

from pipelines.main_job.arguments import RunArguments, parse_arguments, parser

OPTIONS = {
    "--input", "--output", "--config", "--models", "--landmarks", "--camera", "--image-folders",
    "--provider", "--calibration", "--faces", "--sides", "--runner", "--force", "--report",
    "--dry-run",
    "--quiet",
}  # fmt: skip


def test_the_options_are_these_and_each_is_explained() -> None:
    actions = [action for action in parser()._actions if action.dest != "help"]
    assert {action.option_strings[0] for action in actions} == OPTIONS
    assert all(action.help for action in actions)


def test_the_help_text_names_every_option_and_gives_examples(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "90")
    text = parser().format_help()
    for option in OPTIONS:
        assert option in text
    assert "examples:" in text
    assert "Apache Beam" in text
    assert "OPENFACE_MODELS_DIR" in text
    assert all(len(line) <= 100 for line in text.splitlines())


def test_only_input_and_output_are_required() -> None:
    found = parse_arguments(["--input", "a.mp4", "--output", "out"])
    assert found == RunArguments(("a.mp4",), "out")
    assert found.runner is None


def test_inputs_that_are_given_again_are_added() -> None:
    found = parse_arguments(["--input", "a", "b", "--output", "out", "--input", "c"])
    assert found.inputs == ("a", "b", "c")


@pytest.mark.parametrize("option", ["--output", "--config", "--landmarks", "--calibration"])
def test_another_option_that_is_given_again_is_refused(
    option: str, capsys: pytest.CaptureFixture[str]
) -> None:
    argv = ["--input", "a", *(() if option == "--output" else ("--output", "o"))]
    with pytest.raises(SystemExit) as caught:
        parse_arguments([*argv, option, "x", option, "x"])
    assert caught.value.code == 2
    assert f"{option} is given twice" in capsys.readouterr().err
    assert parse_arguments(["--input", "a", "--output", "o"]).output == "o"


def test_everything_at_once() -> None:
    argv = [
        "--input", "a", "b", "--output", "out", "--config", "openface22", "--models", "m",
        "--landmarks", "l", "--camera", "9,9,4,3", "--image-folders", "--provider", "cpu",
        "--runner", "FlinkRunner", "--calibration", "rest", "--faces", "main", "--sides",
        "--force", "--report", "--dry-run", "--quiet", "--direct_num_workers=4",
        "--flink_master", "x",
    ]  # fmt: skip
    found = parse_arguments(argv)
    assert found == RunArguments(
        inputs=("a", "b"),
        output="out",
        config="openface22",
        models="m",
        landmarks="l",
        camera="9,9,4,3",
        image_folders=True,
        provider="cpu",
        calibration="rest",
        faces="main",
        sides=True,
        runner="FlinkRunner",
        force=True,
        report=True,
        dry_run=True,
        quiet=True,
        beam=("--direct_num_workers=4", "--flink_master", "x"),
    )
    assert all(getattr(found, field.name) for field in fields(found))


def test_abbreviations_are_not_taken() -> None:
    found = parse_arguments(["--input", "a", "--output", "o", "--mod=x"])
    assert found.models is None
    assert found.beam == ("--mod=x",)


@pytest.mark.parametrize("argv", [[], ["--input", "a"], ["--output", "o"], ["--input"]])
def test_what_is_missing_ends_with_status_2(
    argv: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        parse_arguments(argv)
    assert caught.value.code == 2
    err = capsys.readouterr().err
    assert err.startswith("error: ")
    assert err.endswith("See `openface-beam run --help`.\n")
    assert err.count("\n") == 1
