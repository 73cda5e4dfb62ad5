"""The main job seen from outside: its checks, its summary and its exit status."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from openface_core.errors import ConfigError
from pipelines import run as main_job
from pipelines.main_job.plan import check_output
from pipelines.main_job.summary import RunSummary, report_problems
from pipelines.run import main
from tests.fixtures.places import REPOSITORY
from transforms.dataset.documents import DESCRIPTION_NAME, is_own_dataset, write_documents
from transforms.dataset.error_table import write_errors
from transforms.dataset.provenance import METADATA_KEY, RunProvenance
from transforms.dataset.storage import read_whole, write_if_changed
from transforms.problems import Problem, Severity

SUMMARY = RunSummary(
    "out/",
    inputs=3,
    inputs_written=2,
    inputs_failed=1,
    frames_decoded=50,
    frames_with_face=40,
    seconds=2.0,
)


class TestCheckOutput:
    @pytest.mark.parametrize("uri", ["{}/new", "{}", "memory://x/y"])
    def test_new_and_empty_folders(self, uri: str, tmp_path: Path) -> None:
        check_output(uri.format(tmp_path))
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize("scheme", ["", "memory:/"])
    def test_an_earlier_output(self, scheme: str, tmp_path: Path) -> None:
        output = f"{scheme}{tmp_path}/out"
        write_documents(output, RunProvenance({"name": "n"}), (), ())
        write_errors(output, [], lambda video_id: None)
        check_output(output)
        assert is_own_dataset(output)

    @pytest.mark.parametrize("scheme", ["", "memory:/"])
    @pytest.mark.parametrize(
        "description",
        [
            '{"Name": "A study", "BIDSVersion": "1.9.0", "DatasetType": "raw"}',
            '{"Name": "x", "GeneratedBy": [{"Name": "fMRIPrep", "Version": "23.2"}]}',
            '{"Name": "x", "GeneratedBy": "openface-beam"}',
            "{}",
            "[]",
            "not JSON",
        ],
    )
    def test_a_dataset_of_something_else(
        self, description: str, scheme: str, tmp_path: Path
    ) -> None:
        output = f"{scheme}{tmp_path}/study"
        files = {DESCRIPTION_NAME: description.encode(), ".work/theirs": b"years of work"}
        for name, content in files.items():
            write_if_changed(f"{output}/{name}", content)
        argv = ("--input", "a.mp4", "--output", output, "--quiet")
        with pytest.raises(ConfigError, match="does not name openface-beam"):
            check_output(output)
        assert main(argv) == 2
        for name, content in files.items():
            assert read_whole(f"{output}/{name}").getvalue() == content

    def test_a_work_folder_without_documents_is_not_ours(self, tmp_path: Path) -> None:
        (tmp_path / ".work").mkdir()
        with pytest.raises(ConfigError, match="holds other files"):
            check_output(str(tmp_path))

    def test_what_a_run_leaves_that_was_killed_at_its_first_file(self, tmp_path: Path) -> None:
        (tmp_path / f".{DESCRIPTION_NAME}.{'0' * 32}.tmp").write_bytes(b"")
        check_output(str(tmp_path))
        assert len(list(tmp_path.iterdir())) == 1

    def test_a_damaged_description_above_our_own_tables(self, tmp_path: Path) -> None:
        (tmp_path / DESCRIPTION_NAME).write_bytes(b"\xff")
        table = tmp_path / "frames" / "video_id=a" / "frames.parquet"
        table.parent.mkdir(parents=True)
        empty = pa.schema([("frame", pa.int32())], {METADATA_KEY: '{"video_id": "a"}'})
        pq.write_table(empty.empty_table(), table)
        check_output(str(tmp_path))
        assert is_own_dataset(str(tmp_path))

    def test_our_own_tables_without_a_description(self, tmp_path: Path) -> None:
        table = tmp_path / "frames" / "video_id=a" / "frames.parquet"
        table.parent.mkdir(parents=True)
        empty = pa.schema([("frame", pa.int32())], {METADATA_KEY: '{"video_id": "a"}'})
        pq.write_table(empty.empty_table(), table)
        check_output(str(tmp_path))
        (tmp_path / "thesis.tex").write_text("x")
        with pytest.raises(ConfigError, match="there is no dataset_description"):
            check_output(str(tmp_path))
        (tmp_path / "thesis.tex").unlink()
        table.unlink()
        with pytest.raises(ConfigError, match="holds other files"):
            check_output(str(tmp_path))

    def test_a_folder_of_something_else(self, tmp_path: Path) -> None:
        (tmp_path / "thesis.tex").write_text("x")
        with pytest.raises(ConfigError, match="holds other files") as caught:
            check_output(str(tmp_path))
        assert caught.value.subject == str(tmp_path)
        assert "new or empty folder" in caught.value.remedy

    def test_a_file(self, tmp_path: Path) -> None:
        (tmp_path / "out").write_text("x")
        with pytest.raises(ConfigError, match="not a folder"):
            check_output(str(tmp_path / "out"))


class TestSummary:
    def test_a_run_that_a_cluster_goes_on_with(self) -> None:
        summary = RunSummary("gs://b/out", inputs=3, handed_over_to="DataflowRunner")
        assert str(summary) == (
            "Handed 3 inputs over to DataflowRunner, which goes on by itself and writes to "
            "gs://b/out."
        )
        assert summary.has_results

    def test_in_words(self) -> None:
        assert str(SUMMARY) == (
            "Wrote 2 of 3 inputs to out/: 50 frames, 10 of them without a face, in 2.0 s "
            "(25 frames per second); 1 input failed, 0 warnings: see out/errors.parquet."
        )

    def test_pages_that_could_not_be_made(self) -> None:
        whole = replace(SUMMARY, inputs_failed=0, report="out/report/index.html")
        assert str(whole).endswith("\nOpen out/report/index.html in a browser.")
        assert whole.exit_status == 0
        some = replace(whole, pages_failed=1)
        assert str(some).endswith(
            "in a browser. 1 page of it could not be made: see out/report/errors.parquet."
        )
        assert some.exit_status == 3

    def test_calibration_by_person_is_not_advised_where_it_is_used(self) -> None:
        few = replace(SUMMARY, inputs_with_few_frames=2, few_frames=300, inputs_withheld=1)
        advice = "--calibration person puts the clips of a person together"
        assert advice in str(few)
        by_person = str(replace(few, by_person=True))
        assert "--calibration person" not in by_person
        assert "(--calibration none takes models that need no such frames)" in by_person

    def test_after_an_earlier_run(self) -> None:
        some = replace(SUMMARY, inputs_written=1, inputs_finished=1)
        assert str(some).startswith("Wrote 1 of 3 inputs (1 was finished before) to out/: ")
        everything = RunSummary("out/", inputs=3, inputs_finished=3)
        assert str(everything) == (
            "Nothing to do: an earlier run has finished all 3 inputs in out/. "
            "--force analyses them anew."
        )

    def test_after_a_runner_that_counts_nothing(self) -> None:
        uncounted = replace(SUMMARY, frames_decoded=0, frames_with_face=0)
        assert str(uncounted).startswith("Wrote 2 of 3 inputs to out/: in 2.0 s; 1 input failed")

    def test_without_problems_nobody_is_sent_to_the_error_table(self) -> None:
        assert "errors.parquet" not in str(replace(SUMMARY, inputs_failed=0))
        assert "errors.parquet" in str(replace(SUMMARY, inputs_failed=0, warnings=1))

    def test_without_gaze(self) -> None:
        assert str(replace(SUMMARY, has_gaze=False)).endswith(
            "\nThere are no models of the eyes, so gaze is null; "
            "`openface-beam models list` shows packs that have them."
        )
        assert str(replace(SUMMARY, has_gaze=False, preset_without_eyes="fast")).endswith(
            "\nThe preset fast has no models of the eyes, so gaze is null; choose another --config "
            "for gaze."
        )
        assert "gaze" not in str(SUMMARY)
        assert "gaze" not in str(replace(SUMMARY, has_gaze=False, inputs_written=0))


class TestMain:
    ARGV = ("--input", "a.mp4", "--output", "out")

    @pytest.mark.parametrize(("written", "finished", "status"), [(2, 0, 0), (0, 0, 1), (0, 2, 0)])
    def test_status(
        self,
        written: int,
        finished: int,
        status: int,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        summary = replace(
            SUMMARY, inputs_written=written, inputs_finished=finished, inputs_failed=0
        )
        monkeypatch.setattr(main_job, "run", lambda arguments: summary)
        assert main(self.ARGV) == status
        assert capsys.readouterr() == (f"{summary}\n", "")

    def test_the_first_problems_are_told(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        problems = [
            Problem(f"v{k:02}", f"v{k:02}.mp4", Severity.ERROR, "decoding", "it is dark", "Shine.")
            for k in range(12)
        ]
        write_errors(str(tmp_path), problems, lambda video_id: None)
        monkeypatch.setattr(main_job, "run", lambda arguments: SUMMARY)
        assert main(("--input", "a", "--output", str(tmp_path))) == 3
        lines = capsys.readouterr().err.splitlines()
        assert lines[0] == "error: v00.mp4: it is dark. Shine."
        assert lines[-1] == "... and 2 more"
        assert len(lines) == 11

    def test_an_expected_failure(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        (tmp_path / "out").write_text("x")
        argv = ("--input", "a.mp4", "--output", f"{tmp_path}/out", "--quiet")
        assert main(argv) == 2
        err = capsys.readouterr().err
        assert err.startswith(f"error: {tmp_path}/out: the output is not a folder.")
        assert err.count("\n") == 1

    @pytest.mark.parametrize("mode", [(), ("--dry-run",)])
    def test_a_mistyped_option(
        self, mode: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        argv = ("--input", "a.mp4", "--output", f"{tmp_path}/out", "--quite", *mode)
        assert main(argv) == 2
        assert "Did you mean --quiet?" in capsys.readouterr().err
        assert not (tmp_path / "out").exists()


def test_reporting_an_empty_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_errors(str(tmp_path), [], lambda video_id: None)
    report_problems(str(tmp_path))
    assert capsys.readouterr() == ("", "")


def test_help_does_not_wait_for_beam() -> None:
    code = (
        "import sys\n"
        "from pipelines.run import main\n"
        "try:\n"
        "    main(['--help'])\n"
        "except SystemExit as end:\n"
        "    assert end.code == 0\n"
        "assert 'apache_beam' not in sys.modules\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()
    assert b"--input" in done.stdout
