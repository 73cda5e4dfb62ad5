"""Paths as users write them: ``~``, wherever they write it, and URLs of local files."""

from pathlib import Path

import pytest

from models.choice import folder_of_environment
from models.locate import MODELS_VARIABLES
from models.registry import default_registry
from models.store import default_store
from models.training.command_line import parser as training_parser
from openface_core.errors import ConfigError
from openface_core.user_paths import expanded
from pipelines.comparison.arguments import ValidateArguments
from pipelines.configuration.config_file import load_settings
from pipelines.demo_corpus.arguments import DemoArguments
from pipelines.export_job.arguments import ExportArguments
from pipelines.export_job.report_arguments import ReportArguments
from pipelines.interactive.arguments import arguments_of, path_of
from pipelines.main_job.arguments import RunArguments, parse_arguments
from pipelines.model_packs.arguments import parser as models_parser
from pipelines.timing.arguments import ProfileArguments
from transforms.plan.manifest import read_manifest


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    return tmp_path


def test_paths(home: Path) -> None:
    assert expanded("~/a b.mp4") == f"{home}/a b.mp4"
    assert expanded("~") == str(home)
    for other in ("a~b", "./~", "~nobody-of-this-name.mp4", "s3://~/x", "default", ""):
        assert expanded(other) == other


def test_urls_of_files(home: Path) -> None:
    assert expanded(f"file://{home}/a%20b%C3%A9.mp4") == f"file://{home}/a bé.mp4"
    assert expanded(f"file://localhost{home}/a.mp4") == f"file://{home}/a.mp4"
    assert expanded(f"file://{home}/a.mp4") == f"file://{home}/a.mp4"
    (home / "100%25").mkdir()  # a name that really is so
    assert expanded(f"file://{home}/100%25/x%20y") == f"file://{home}/100%25/x%20y"
    for other in (f"{home}/a%20b", "https://example.org/a%20b", "file://server/a%20b"):
        assert expanded(other) == other


def test_nobody_has_a_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.path.expanduser", lambda path: path)
    with pytest.raises(ConfigError, match="there is no home folder"):
        expanded("~/results")


def test_the_main_job(home: Path) -> None:
    words = ["--input", "~/a.mp4", "b.mp4", "--output=~/o", "--landmarks=~/l", "--models=~/m"]
    found = parse_arguments([*words, "--config=~/c.toml"])
    assert found.inputs == (f"{home}/a.mp4", "b.mp4")
    named = (found.output, found.landmarks, found.models, found.config)
    assert named == tuple(f"{home}/{name}" for name in ("o", "l", "m", "c.toml"))
    assert arguments_of(RunArguments, {"inputs": "~/a.mp4", "output": Path("~/o")}) == RunArguments(
        (f"{home}/a.mp4",), f"{home}/o"
    )


def test_other_commands(home: Path) -> None:
    assert ExportArguments("~/d", "~/o", videos="~/v") == ExportArguments(
        f"{home}/d", f"{home}/o", videos=f"{home}/v"
    )
    assert ReportArguments("~/d").folder == f"{home}/d/report"
    assert DemoArguments("~/d").output == f"{home}/d"
    assert ProfileArguments("~/v", output="~/o").output == f"{home}/o"
    assert ValidateArguments("~/v", csv="~/c").csv == f"{home}/c"
    bring = models_parser(default_registry()).parse_args(["import", "embedded", "--from=~/x"])
    assert bring.source == home / "x"
    assert training_parser().parse_args(["--work=~/x"]).work == home / "x"


def test_python(home: Path) -> None:
    assert path_of("output", Path("~/o")) == f"{home}/o"


def test_the_environment(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(MODELS_VARIABLES[0], "~/m")
    assert folder_of_environment() == default_store().root == home / "m"


def test_configurations(home: Path) -> None:
    (home / "own.toml").write_text('[models]\nlandmarks = "~/spec.toml"\ndetector = "~/d.onnx"\n')
    (home / "spec.toml").touch()
    (home / "study").mkdir()
    (home / "study" / "study.toml").write_text('base = "~/own.toml"\n')
    models = load_settings(str(home / "study" / "study.toml")).models
    assert models.landmarks == str(home.resolve() / "spec.toml")
    assert models.detector == f"{home}/d.onnx"


def test_manifests(home: Path) -> None:
    (home / "list.csv").write_text("video_id,uri,landmarks\na,~/a.mp4,~/a.csv\nb,~b.mp4,\n")
    first, second = read_manifest(str(home / "list.csv"))
    assert (first.uri, first.landmarks_uri) == (f"{home}/a.mp4", f"{home}/a.csv")
    assert second.uri == f"{home}/~b.mp4"
