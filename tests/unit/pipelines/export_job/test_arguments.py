"""The command lines of export and report."""

from pathlib import Path

import pytest

from openface_core.errors import ConfigError
from pipelines.cli import main as openface_beam
from pipelines.export import export
from pipelines.export_job import arguments, report_arguments
from pipelines.export_job.arguments import ExportArguments
from pipelines.export_job.report_arguments import ReportArguments
from pipelines.main_job.arguments import RunArguments

ALL_OF_THEM = ["--format", "openface-csv", "aligned", "overlay"]
NEEDED = ["--dataset", "results", "--output", "exports", "--format", "csv", "hog", "csv"]


def test_defaults() -> None:
    found = arguments.parse_arguments(NEEDED)
    assert found == ExportArguments("results", "exports", ("csv", "hog"))


def test_everything_at_once() -> None:
    found = arguments.parse_arguments(
        [
            *NEEDED, *ALL_OF_THEM, "--video-ids", "a", "b", "--videos", "v", "--models", "m",
            "--columns", "2d", "aus", "--dialect", "spaced", "--picture-type", "png",
            "--size", "224", "--scale", "1.5", "--unmasked", "--grey",
            "--from", "1.5", "--to", "2", "--faces", "0", "3", "--runner", "R",
            "--force", "--quiet", "--direct_num_workers=2",
        ]
    )  # fmt: skip
    assert found == ExportArguments(
        dataset="results",
        output="exports",
        formats=("csv", "hog", "openface-csv", "aligned", "overlay"),
        video_ids=("a", "b"),
        videos="v",
        models="m",
        columns=("2d", "aus"),
        dialect="spaced",
        picture_type="png",
        size=224,
        scale=1.5,
        unmasked=True,
        grey=True,
        from_seconds=1.5,
        to_seconds=2.0,
        faces=(0, 3),
        runner="R",
        force=True,
        quiet=True,
        beam=("--direct_num_workers=2",),
    )


def test_reports() -> None:
    found = report_arguments.parse_arguments(["--dataset", "results/"])
    assert found == ReportArguments("results/")
    assert found.folder == "results/report"
    assert found.as_export().formats == ("report",)
    named = report_arguments.parse_arguments(["--dataset", "r", "--output", "o", "--force"])
    assert (named.folder, named.force) == ("o", True)


@pytest.mark.parametrize("parser", [arguments.parser, report_arguments.parser])
def test_every_option_is_explained(parser: object) -> None:
    actions = parser()._actions  # type: ignore[operator]
    assert all(action.help for action in actions)


@pytest.mark.parametrize(
    "words",
    [
        "run --input a.mp4 --output=",
        "export --format csv --dataset d --output=",
        "export --format csv --dataset= --output o",
        "report --dataset d --output=",
        "report --dataset=",
        "demo --output=",
        "validate --video a.mp4 --csv a.csv --output=",
    ],
)
def test_an_empty_name_is_no_folder(
    words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert openface_beam(words.split()) == 2
    option = "--dataset" if "--dataset=" in words else "--output"
    assert capsys.readouterr().err == f"error: {option}: the name is empty. Name a folder.\n"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "option"),
    [
        ("run --input a.mp4 --output o --landmarks=", "--landmarks"),
        ("export --format csv --dataset d --output o --videos=", "--videos"),
        ("report --dataset d --videos=", "--videos"),
        ("profile --video=", "--video"),
        ("profile --video a.mp4 --output=", "--output"),
        ("profile --video a.mp4 --landmarks=", "--landmarks"),
        ("validate --video= --csv a.csv", "--video"),
        ("validate --video a.mp4 --csv=", "--csv"),
        ("validate --video a.mp4 --golden=", "--golden"),
        ("validate --video a.mp4 --track=", "--track"),
        ("validate --video a.mp4 --csv a.csv --landmarks=", "--landmarks"),
    ],
)
def test_an_empty_path_is_not_the_current_folder(
    words: str, option: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert openface_beam(words.split()) == 2
    told = f"error: {option}: the name is empty. Give a name, or leave the option out.\n"
    assert capsys.readouterr().err == told


@pytest.mark.parametrize("command", ["export", "report"])
def test_a_folder_that_is_no_dataset(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = [command, "--dataset", "no_such_folder", "--output", "no_such_output"]
    words += ["--format", "csv"] if command == "export" else []
    assert openface_beam(words) == 2
    assert "no_such_folder: there is no such folder. Name the output" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words",
    [
        "run --input a.mp4 --output memory://out",
        "export --format csv --dataset results --output simplecache::memory://out",
        "report --dataset results --output memory://out",
    ],
)
def test_an_output_in_memory_would_be_gone(words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert openface_beam(words.split()) == 2
    assert "is in memory, which is gone when the command ends" in capsys.readouterr().err
    assert RunArguments(("a.mp4",), "memory://out").output == "memory://out"  # from Python


def test_lists_that_are_given_again_are_added() -> None:
    words = [*ALL_OF_THEM, "--video-ids", "a", "--video-ids", "b", "--faces", "0"]
    words += ["--faces", "1", "--columns", "2d", "--columns", "aus"]
    found = arguments.parse_arguments([*NEEDED, *words])
    assert found.formats == ("csv", "hog", "openface-csv", "aligned", "overlay")
    assert (found.video_ids, found.faces, found.columns) == (("a", "b"), (0, 1), ("2d", "aus"))


@pytest.mark.parametrize("command", ["export --format csv", "report"])
def test_another_option_that_is_given_again_is_refused(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        openface_beam([*command.split(), "--dataset", "a", "--output", "o", "--dataset", "b"])
    assert caught.value.code == 2
    assert "--dataset is given twice" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--size", "112"], "--size: it belongs to the format aligned"),
        (["--dialect", "plain"], "--dialect: it belongs to the format openface-csv"),
        (["--grey"], "--grey: it belongs to the format aligned"),
        (["--from", "1"], "--from: it belongs to the format overlay"),
        (["--faces", "1"], "--faces: it belongs to the format overlay"),
        (["--columns", "2d"], "--columns: it belongs to the format openface-csv or of-details"),
        (["--size", "9", "--format", "alignedd"], "--format alignedd: there is no such format"),
    ],
)
def test_options_of_a_format_that_is_not_asked_for(
    words: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert openface_beam(["export", *NEEDED, *words]) == 2
    err = capsys.readouterr().err
    assert err.startswith(f"error: {told}")
    assert err.count("\n") == 1
    assert arguments.parse_arguments([*NEEDED, "--format", "of-details", "--columns", "2d"])


def test_a_misspelt_format_and_what_may_be_meant(capsys: pytest.CaptureFixture[str]) -> None:
    assert openface_beam(["export", *NEEDED[:4], "--format", "opnface-csv"]) == 2
    assert capsys.readouterr().err.startswith(
        "error: --format opnface-csv: there is no such format. Did you mean openface-csv? Known"
    )


def test_python_is_refused_the_same() -> None:
    with pytest.raises(ConfigError, match="--size: it belongs to the format aligned"):
        export(ExportArguments("results", "exports", size=96))
