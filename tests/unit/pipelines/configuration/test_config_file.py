"""Presets and users' TOML files."""

import dataclasses
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from openface_core.analysis.settings import RunSettings
from openface_core.errors import ConfigError
from pipelines.configuration.config_file import (
    PRESETS_FOLDER,
    check_needed_pack,
    load_beam_options,
    load_settings,
    needed_pack,
    preset_names,
)


def written(folder: Path, text: str) -> str:
    path = folder / "own.toml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def refusal(folder: Path, text: str) -> ConfigError:
    uri = written(folder, text)
    with pytest.raises(ConfigError) as caught:
        load_settings(uri)
    assert caught.value.subject.startswith(uri)
    assert caught.value.remedy.endswith(".")
    return caught.value


def test_the_presets() -> None:
    assert {"default", "openface22"} <= set(preset_names())


@pytest.mark.parametrize("name", preset_names())
def test_every_preset_loads_and_is_named_after_its_file(name: str) -> None:
    # Those that only say where a run happens leave no trace in what it writes.
    where_only = bool(load_beam_options(name))
    assert load_settings(name).name == ("default" if where_only else name)


@pytest.mark.parametrize("name", preset_names())
def test_the_pack_of_a_preset_is_no_setting(name: str) -> None:
    assert needed_pack(name) == (name if name in ("embedded", "openface22") else "default")
    assert "pack" not in load_settings(name).as_dict()


def test_the_pack_of_an_own_file(tmp_path: Path) -> None:
    assert needed_pack(written(tmp_path, "")) == "default"
    assert needed_pack(written(tmp_path, "pack = 'mine'")) == "mine"


@pytest.mark.parametrize("load", [load_settings, needed_pack, load_beam_options])
@pytest.mark.parametrize("is_base", [False, True])
def test_a_pack_that_is_no_text(
    load: Callable[[str], object], is_base: bool, tmp_path: Path
) -> None:
    uri = wrong = written(tmp_path, "pack = 5")
    if is_base:
        uri = str(tmp_path / "upper.toml")
        Path(uri).write_text("base = 'own.toml'")
    with pytest.raises(ConfigError) as caught:
        load(uri)
    assert caught.value.subject == f"{wrong}: pack"
    assert caught.value.cause == "a text is expected, found 5"


def test_a_pack_that_there_is_not(tmp_path: Path) -> None:
    wrong = written(tmp_path, "pack = 'nonsense'")
    upper = tmp_path / "upper.toml"
    upper.write_text("base = 'own.toml'")
    for uri in (wrong, str(upper)):
        with pytest.raises(ConfigError) as caught:
            check_needed_pack(uri)
        assert caught.value.subject == f"{wrong}: pack"
        assert caught.value.cause == "there is no such pack, 'nonsense'"
    for name in preset_names():
        check_needed_pack(name)


@pytest.mark.parametrize(
    ("text", "pack"),
    [
        ("base = 'openface22'\n[detection]\nmin_face_px = 80", "openface22"),
        ("base = 'openface22'\n[models]\nwitness = 'embedded68'", "default"),
        ("base = 'openface22'\npack = 'star98'\n[models]\nwitness = 'embedded68'", "star98"),
        ("base = 'embedded'\n[models]\nwitness = 'embedded68'", "embedded"),
        ("base = 'fast'\n[models]\nwitness = 'embedded68'", "default"),
    ],
)
def test_models_of_ones_own_need_not_the_pack_of_a_preset(
    text: str, pack: str, tmp_path: Path
) -> None:
    uri = written(tmp_path, text)
    assert needed_pack(uri) == pack
    upper = tmp_path / "upper.toml"
    upper.write_text("base = 'own.toml'")
    assert needed_pack(str(upper)) == pack
    # What a file of the user's own says of its pack holds for what is based on it.
    upper.write_text("base = 'own.toml'\n[models]\nvalidator = 'none'")
    assert needed_pack(str(upper)) == ("default" if pack == "openface22" else pack)


def test_the_default_preset_writes_down_the_defaults() -> None:
    assert load_settings("default") == RunSettings()


def test_the_default_preset_mentions_every_setting() -> None:
    text = (PRESETS_FOLDER / "default.toml").read_text()
    for group, values in RunSettings().as_dict().items():
        for key in values if isinstance(values, dict) else ():
            # max_faces bounds memory; nobody has to tune it.
            assert f"\n{key} = " in text or key == "max_faces", f"{group}.{key}"


def changes(preset: str) -> dict[str, object]:
    """Settings of a preset that are not the default's, by section and key."""
    found, default = load_settings(preset).as_dict(), RunSettings().as_dict()
    del found["name"]
    return {
        f"{group}.{key}": value
        for group, values in found.items()
        for key, value in values.items()
        if value != default[group][key]
    }


def test_what_the_presets_change() -> None:
    assert changes("openface22") == {
        "models.landmarks": "embedded68_openface",
        "models.witness": "none",
        "models.preferred_refinement": "main_ceclm_general.txt",
        "models.detector": "mtcnn_detector/MTCNN_detector.txt",
        "detection.every_frames": 1000,
        "detection.lead_frames": 8,
        "detection.every_failures": 2,
        "detection.every_absences": 12,
        "decoding.square_pixels": False,
        "decoding.stated_colours": False,
        "confidence.max_pitch_degrees": 180.0,
        "confidence.max_yaw_degrees": 180.0,
        "faces.select": "widest",
        "refinement.windows_px": [0, 9, 7, 0],  # CE-CLM has a fourth scale
        "refinement.first_windows_px": [11, 9, 7, 5],
        "refinement.hypotheses": True,
        "refinement.rounded_as_openface": True,
        "alignment.shift_average": False,
        "calibration.least_frames": 0,
        "output.timestamps": "frame_number",
    }
    assert load_settings("openface22").refinement.sigma_px == 1.5  # OpenFace's own value
    as_before = [name for name in preset_names() if load_settings(name).smoothing.missing_as_zero]
    assert as_before == ["openface22"]
    assert changes("fast") == {
        "models.landmarks": "embedded68_openface",
        "models.parts": [],
        "models.witness": "none",
        "refinement.windows_px": [0, 9, 0],
        "refinement.iterations": 3,
        "alignment.shift_average": False,
        "detection.every_frames": 300,
        "faces.every_frames": 60,
    }


def test_what_a_file_does_not_set_keeps_its_default(tmp_path: Path) -> None:
    found = load_settings(written(tmp_path, "[output]\nzstd_level = 9\n"))
    assert found.name == "own"
    assert found.output.zstd_level == 9
    assert found.detection == RunSettings().detection


def test_a_whole_number_may_stand_for_a_decimal_one(tmp_path: Path) -> None:
    found = load_settings(written(tmp_path, "[detection]\nmin_face_px = 20\n"))
    assert found.detection.min_face_px == 20.0
    assert isinstance(found.detection.min_face_px, float)


def test_none_switches_an_optional_number_off(tmp_path: Path) -> None:
    found = load_settings(written(tmp_path, '[detection]\nmax_side_px = "none"\n'))
    assert found.detection.max_side_px is None


@pytest.mark.parametrize(
    ("text", "key", "words"),
    [
        ("colour = 1", "colour", "unknown setting"),
        ("[detektion]\nnms_iou = 0.4", "detektion", "unknown setting"),
        ("[detection]\nnms = 0.4", "detection.nms", "unknown setting"),
        ("detection = 3", "detection", "a table is expected"),
        ("name = 3", "name", "type str is expected, found 3"),
        ('[output]\nzstd_level = "3"', "output.zstd_level", "type int is expected, found '3'"),
        ("[output]\nzstd_level = 3.0", "output.zstd_level", "type int is expected"),
        ("[output]\nzstd_level = true", "output.zstd_level", "type int is expected, found True"),
        ("[detection]\nnms_iou = true", "detection.nms_iou", "type float is expected"),
        ('[detection]\nmax_side_px = "no"', "detection.max_side_px", "type int or none"),
        ('[detection]\nnms_iou = "none"', "detection.nms_iou", "type float is expected"),
        ("[output]\nzstd_level = 99", "output.zstd_level", "99"),
        ('[output]\ntimestamps = "wall"', "output.timestamps", "unknown value"),
        ("[detection]\nscore_threshold = 2.0", "detection.score_threshold", "2.0"),
        ("[detection]\nscore_threshold = nan", "detection.score_threshold", "nan"),
        ("[decoding]\nmax_pixels = 0", "decoding.max_pixels", "positive"),
        ("[decoding]\nio_timeout_seconds = -1", "decoding.io_timeout_seconds", "positive"),
        ('[onnxruntime]\nprovider = "abacus"', "onnxruntime.provider", "unknown value"),
        ("[onnxruntime]\nthreads = 0", "onnxruntime.threads", "1 to 256"),
    ],
)
def test_a_wrong_setting_is_named_with_its_file(
    text: str, key: str, words: str, tmp_path: Path
) -> None:
    error = refusal(tmp_path, text)
    assert error.subject == f"{tmp_path}/own.toml: {key}"
    assert words in error.cause


def test_an_unknown_key_is_answered_with_the_known_ones(tmp_path: Path) -> None:
    assert "zstd_level" in refusal(tmp_path, "[output]\nlevel = 3").remedy


@pytest.mark.parametrize("text", ["[output", "a b c", "x = ", "\x00", "x = " + "[" * 5000])
def test_not_toml(text: str, tmp_path: Path) -> None:
    assert "not a TOML file" in refusal(tmp_path, text).cause


def test_the_mark_of_an_editor_is_no_content(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('base = "fast"\n', encoding="utf-8-sig")
    assert load_settings(str(path)) == dataclasses.replace(load_settings("fast"), name="mine")


def test_not_text(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_bytes(b"\xff\xfe\x00name")
    with pytest.raises(ConfigError, match="not a TOML file"):
        load_settings(str(path))


@pytest.mark.parametrize("name", ["nothing", "nothing.toml", "", ".", "../default"])
def test_neither_a_preset_nor_a_file(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match="neither a preset nor a file") as caught:
        load_settings(name)
    assert "dataflow, default, embedded, fast, flink, openface22, spark" in caught.value.remedy


def test_options_for_beam(tmp_path: Path) -> None:
    text = """
name = "own"
[output]
zstd_level = 9
[beam]
runner = "FlinkRunner"
parallelism = 8
flink_submit_uber_jar = true
experiments = ["a", "b"]
"""
    uri = written(tmp_path, text)
    assert load_settings(uri).output.zstd_level == 9
    assert load_beam_options(uri) == {
        "runner": ("FlinkRunner",),
        "parallelism": ("8",),
        "flink_submit_uber_jar": (),
        "experiments": ("a", "b"),
    }


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("beam = 3", "a table is expected"),
        ("[beam]\n'--runner' = 'x'", "not the name of an option"),
        ("[beam]\nstreaming = false", "expected, found False"),
        ("[beam]\nrunner = {}", "expected, found {}"),
        ("[beam]\nexperiments = []", "expected, found []"),
        ("[beam]\nexperiments = [true]", "expected, found [True]"),
    ],
)
def test_what_is_no_option_for_beam(tmp_path: Path, text: str, cause: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_beam_options(written(tmp_path, text))
    assert cause in caught.value.cause


def test_a_base_is_a_preset_that_a_file_changes(tmp_path: Path) -> None:
    found = load_settings(written(tmp_path, 'base = "embedded"\n[detection]\nmin_face_px = 80\n'))
    embedded = load_settings("embedded")
    assert found.name == "own"
    assert found.models == embedded.models
    assert found.refinement.windows_px == embedded.refinement.windows_px == (9, 7)
    assert found.detection.min_face_px == 80.0
    assert needed_pack(str(tmp_path / "own.toml")) == "embedded"
    assert "base" not in found.as_dict()


def test_the_pack_embedded_implies_its_preset(tmp_path: Path) -> None:
    found = load_settings(written(tmp_path, 'pack = "embedded"\n'))
    assert found.models == load_settings("embedded").models


def test_a_base_may_be_a_file_beside_it(tmp_path: Path) -> None:
    (tmp_path / "lab.toml").write_text('base = "fast"\n[output]\nzstd_level = 9\nbuckets = 2\n')
    found = load_settings(written(tmp_path, 'base = "lab.toml"\n[output]\nbuckets = 3\n'))
    assert (found.output.zstd_level, found.output.buckets) == (9, 3)
    assert found.models == load_settings("fast").models


@pytest.mark.parametrize(
    "key", ["landmarks", "witness", "second_witness", "face_network", "measurements"]
)
def test_a_specification_is_looked_for_beside_the_file_that_names_it(
    key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study, elsewhere = tmp_path / "study", tmp_path / "elsewhere"
    for folder in (study / "below", elsewhere):
        folder.mkdir(parents=True)
    spec = study / "below" / "mine.toml"
    spec.touch()
    name = "below/mine.toml"
    several = key == "measurements"
    lab = tmp_path / "study" / "lab.toml"
    lab.write_text(f"[models]\n{key} = {[name] if several else name!r}\n")
    own = written(elsewhere, "base = '../study/lab.toml'\n")
    monkeypatch.chdir(elsewhere)
    for config in (str(lab), "../study/lab.toml", own):
        found = getattr(load_settings(config).models, key)
        assert found == ((str(spec),) if several else str(spec))


def test_what_is_not_beside_it_is_left_to_the_current_folder(tmp_path: Path) -> None:
    text = "[models]\nlandmarks = 'mine.toml'\nwitness = 'embedded68'\nmeasurements = ['a.toml']\n"
    models = load_settings(written(tmp_path, text)).models
    assert (models.landmarks, models.witness) == ("mine.toml", "embedded68")
    assert models.measurements == ("a.toml",)


def test_a_base_brings_its_runner(tmp_path: Path) -> None:
    options = load_beam_options(written(tmp_path, 'base = "flink"\n[beam]\nparallelism = 3\n'))
    assert options == load_beam_options("flink") | {"parallelism": ("3",)}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("base = 5", "a text is expected, found 5"),
        ('base = "nonsense"', "'nonsense' is neither a preset nor a file beside this one"),
        ('base = ""', "'' is neither a preset nor a file beside this one"),
        ('base = "."', "'.' is neither a preset nor a file beside this one"),
        ('base = "own.toml"', "more than 5 files are based on each other"),
    ],
)
def test_a_wrong_base(text: str, words: str, tmp_path: Path) -> None:
    uri = written(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        load_settings(uri)
    assert caught.value.subject == f"{uri}: base"
    assert caught.value.cause == words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[detection]\nmin_face_px = nan", "detection.min_face_px: a finite number is expected"),
        ("[detection]\nmin_face_px = inf", "detection.min_face_px: a finite number is expected"),
        ("[shards]\nseconds = -inf", "shards.seconds: a finite number is expected"),
        (f"[detection]\nmin_face_px = 1{'0' * 400}", "a finite number is expected"),
        (f"[output]\nbuckets = 1{'0' * 400}", "output.buckets: a finite number is expected"),
        ("[refinement]\nwindows_px = 11", "refinement.windows_px: a list is expected, found 11"),
        ("[refinement]\nwindows_px = [[11]]", "a value of type int is expected"),
        ("[refinement]\nwindows_px = [11, true]", "a value of type int is expected, found True"),
        ("[output]\nbuckets = true", "a value of type int is expected, found True"),
    ],
)
def test_values_that_are_no_such_number(text: str, words: str, tmp_path: Path) -> None:
    assert words in str(refusal(tmp_path, text))


@pytest.mark.parametrize("section", sorted(RunSettings().as_dict()))
@pytest.mark.parametrize(
    "value", ["nan", "-1e300", '"x"', "[]", "true", "1979-05-27", "[[1]]", "{}"]
)
def test_any_value_of_any_setting_is_taken_or_refused_in_one_line(
    section: str, value: str, tmp_path: Path
) -> None:
    values = RunSettings().as_dict()[section]
    for key in values if isinstance(values, dict) else [None]:
        text = f"{section} = {value}" if key is None else f"[{section}]\n{key} = {value}"
        with suppress(ConfigError):
            load_settings(written(tmp_path, text))


@pytest.mark.parametrize("value", ["true", '["DirectRunner", "FlinkRunner"]', "3"])
def test_a_runner_is_one_text(tmp_path: Path, value: str) -> None:
    with pytest.raises(ConfigError, match=r"beam\.runner: a text is expected"):
        load_beam_options(written(tmp_path, f"[beam]\nrunner = {value}"))


@pytest.mark.parametrize("name", ["", " "])
def test_a_name_that_is_empty(name: str) -> None:
    with pytest.raises(ConfigError, match=r"^--config: neither a preset nor a file\. Use "):
        load_settings(name)
