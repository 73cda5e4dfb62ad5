"""Command lines of OpenFace's own programs are answered with their translation."""

import re
import shlex

import pytest

from pipelines.main_job.arguments import parse_arguments
from pipelines.main_job.openface_words import is_openface, translated
from pipelines.run import main
from tests.fixtures.places import REPOSITORY


@pytest.mark.parametrize(
    ("line", "expected", "left_out"),
    [
        ("-f a.mp4 -out_dir out", "--input a.mp4 --output out", []),
        ("-f a.mp4 -f 'b c.mp4' -q", "--input a.mp4 'b c.mp4' --quiet --output processed", []),
        ("-fdir s1 -out_dir o", "--input s1 --output o --image-folders", []),
        ("-f a -pose -aus -au_static", "--input a --calibration none --output processed", []),
        (
            "-f a -fx 9 -fy 8 -cx 4 -cy 3",
            "--input a --camera 9,8,4,3 --output processed",
            [],
        ),
        ("-f a -fx 9", "--input a --output processed", ["-fx"]),
        ("--input a.mp4 -out_dir x", "--input a.mp4 --output x", []),
        ("--input=a -f b -out_dir x", "--input a b --output x", []),
        (
            "-f a --models M -pose --output=o --dry-run",
            "--input a --models M --output=o --dry-run",
            [],
        ),
        ("-f a --output=x -out_dir y", "--input a --output=x", []),
        ("-f a -out_dir y --output x", "--input a --output x", []),
        (
            "-f a -au_static --calibration=video",
            "--input a --output processed --calibration=video",
            [],
        ),
        (
            "-fdir s --image-folders -q --quiet",
            "--input s --output processed --image-folders --quiet",
            [],
        ),
        ("-f a -of x -wild", "--input a --output processed", ["-of", "-wild"]),
    ],
)
def test_translations(line: str, expected: str, left_out: list[str]) -> None:
    words = shlex.split(line)
    assert is_openface(words)
    options, rest = translated(words)
    asked = [*shlex.split(expected), "--config", "openface22"]
    asked += [] if "--models" in expected else ["--models", "OpenFace/"]
    assert sorted(options) == sorted(asked)
    assert rest == left_out
    assert parse_arguments(options).beam == ()


def test_the_answer_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["-f", "my film.mp4", "-out_dir", "out"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("error: -f: an option of OpenFace's programs. Here it is: ")
    assert "openface-beam run --input 'my film.mp4' --output out" in line
    assert "--models OpenFace/ --config openface22" in line
    assert line.endswith("OpenFace/ stands for OpenFace's folder of models.")
    assert "single images" not in line


def test_models_and_settings_that_are_named_stay(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["-f", "a.mp4", "--config", "fast", "--models=M"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "--input a.mp4 --output processed --config fast --models=M" in line
    assert "OpenFace/" not in line


def test_of_a_folder_the_answer_says_what_single_images_need(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["-fdir", "photographs", "-out_dir", "out"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert (
        "--input photographs --output out --models OpenFace/ --config openface22 --image-folders"
        in line
    )
    assert line.endswith("For single images leave out --image-folders.")


def test_every_flag_of_the_page_is_known() -> None:
    text = (REPOSITORY / "docs" / "coming-from-openface.md").read_text()
    section = text[text.index("## Flag by flag") : text.index("## Column by column")]
    cells = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `-")]
    flags = {flag for cell in cells for flag in re.findall(r"`(-[\w-]+)", cell)}
    assert len(flags) > 40
    assert [flag for flag in sorted(flags) if not is_openface([flag])] == []


def test_our_own_options_are_none_of_these() -> None:
    assert not is_openface(["--input", "a-f", "--output", "-", "--direct_num_workers=2", "-h"])
