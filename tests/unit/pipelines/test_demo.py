"""The command that makes the demo corpus."""

import subprocess
import sys
from pathlib import Path

import pytest

from models.locate import MODELS_VARIABLES
from openface_core.errors import InputError, ModelFileError, OutputError
from pipelines import run as main_job
from pipelines.demo import demo, main
from pipelines.demo_corpus import corpus as demo_corpus
from pipelines.demo_corpus.arguments import DemoArguments
from pipelines.demo_corpus.chosen_models import check_models
from pipelines.demo_corpus.corpus import Corpus
from pipelines.main_job.arguments import RunArguments
from tests.fixtures.places import REPOSITORY


def test_help(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["--help"])
    assert caught.value.code == 0
    out = capsys.readouterr().out
    assert all(word in out for word in ("--output", "--run", "--models", "ground_truth.json"))


def test_help_waits_for_no_library() -> None:
    code = (
        "import sys, pipelines.demo\n"
        "assert not {'numpy', 'cv2', 'av', 'skimage', 'apache_beam'} & set(sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", ["s3://bucket/demo", "file:///tmp/demo"])
def test_it_is_made_in_a_local_folder(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(OutputError, match="the demo is made in a local folder"):
        demo(DemoArguments(name))
    assert main(["--output", name]) == 2
    assert list(tmp_path.iterdir()) == []


def test_scikit_image_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "skimage.data", None)
    assert main(["--output", str(tmp_path / "demo"), "--quiet"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("error: scikit-image: it is not installed")
    assert len(captured.err.splitlines()) == 1


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--config", "fast"], "error: model pack 'default': "),
        (["--models", "nowhere/"], "error: nowhere: the models folder does not exist"),
        (["--config", ""], "error: --config: neither a preset nor a file"),
        (["--models", ""], "error: --models: the name is empty"),
        (["--config", "fats"], "error: fats: neither a preset nor a file"),
    ],
)
def test_models_are_looked_for_before_clips_are_made(
    options: list[str],
    told: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for variable in MODELS_VARIABLES:
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert main(["--output", str(tmp_path / "demo"), "--run", *options]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith(told)
    assert captured.err.count("\n") == 1
    assert not (tmp_path / "demo").exists()


@pytest.mark.parametrize("variable", MODELS_VARIABLES)
def test_the_environment_has_no_say_where_nothing_is_named(
    variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in MODELS_VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(variable, "/nowhere")
    check_models(DemoArguments("there", run=True))
    with pytest.raises(ModelFileError, match=variable):
        check_models(DemoArguments("there", run=True, config="fast"))


@pytest.fixture
def no_clips(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have nothing made; making it is tested elsewhere."""

    def write_corpus(output: Path) -> Corpus:
        return Corpus(output / "clips", output / "ground_truth.json")

    monkeypatch.setattr(demo_corpus, "write_corpus", write_corpus)


@pytest.mark.usefixtures("no_clips")
class TestOutput:
    def test_it_says_what_was_made_and_what_to_do_with_it(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(["--output", "there"]) == 0
        captured = capsys.readouterr()
        lines = captured.out.splitlines()
        assert f"{Path('there/clips/head_roll.webm')}: 108 frames, head_roll" in captured.out
        assert f"{Path('there/ground_truth.json')}: what happens in them" in lines
        clips, results = Path("there/clips"), Path("there/results")
        assert lines[-1].strip() == f"openface-beam run --input {clips} --output {results}"
        assert captured.err == "making the clips ...\n"

    @pytest.mark.parametrize(
        ("options", "models", "config"),
        [
            ([], None, "embedded"),
            (["--config", "fast"], None, "fast"),
            (["--models", "OpenFace"], "OpenFace", None),
            (["--models", "OpenFace", "--config", "fast"], "OpenFace", "fast"),
        ],
    )
    def test_what_is_run(
        self,
        options: list[str],
        models: str | None,
        config: str | None,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        asked: list[RunArguments] = []

        def run(arguments: RunArguments) -> None:
            asked.append(arguments)
            raise InputError("clips", "stopped here", "Go on.")

        monkeypatch.setattr(main_job, "run", run)
        monkeypatch.setattr("pipelines.demo.check_models", lambda _: None)
        assert main(["--output", "there", "--run", "--quiet", *options]) == 2
        assert capsys.readouterr().err == "error: clips: stopped here. Go on.\n"
        (arguments,) = asked
        assert arguments.inputs == (str(Path("there/clips")),)
        assert arguments.output == str(Path("there/results"))
        assert (arguments.models, arguments.config) == (models, config)
        assert arguments.quiet
