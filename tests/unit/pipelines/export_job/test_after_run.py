"""The report at the end of a run."""

import subprocess
import sys

from tests.fixtures.places import REPOSITORY

CODE = """
import sys
from types import SimpleNamespace
from pipelines.export_job.after_run import with_report
from pipelines.main_job import runners

def import_beam():
    print("apache_beam" in sys.modules)
    sys.exit()

runners.import_beam = import_beam
with_report(SimpleNamespace(has_results=True), SimpleNamespace(report=True))
"""


def test_beam_is_imported_by_what_keeps_its_warnings_off_the_screen() -> None:
    found = subprocess.run(
        [sys.executable, "-c", CODE],
        cwd=REPOSITORY, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (found.returncode, found.stdout, found.stderr) == (0, "False\n", "")
