"""Real filesystems that refuse: one that is full, and one that is read-only.

They are mounted in a mount namespace of the child process, which takes them with it.
"""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from models.registry import Registry
from models.store import ModelStore
from tests.fixtures.synthetic_models.packs import PREDICTOR, write_files

_IMPORT = """
import sys
from pathlib import Path
from pipelines.models import main
from models.registry import load_registry
sys.exit(main(["import", "face", "--from", sys.argv[2]], load_registry(Path(sys.argv[1]))))
"""


def in_namespace(*words: str) -> list[str]:
    return ["unshare", "--map-root-user", "--mount", "sh", "-c", 'eval "$0"', " ".join(words)]


def can_mount(folder: Path) -> bool:
    if shutil.which("unshare") is None:
        return False
    folder.mkdir(exist_ok=True)
    words = in_namespace("mount", "-t", "tmpfs", "none", f"'{folder}'")
    return subprocess.run(words, capture_output=True).returncode == 0


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (f"size={len(PREDICTOR) // 2}", "No space left on device"),
        ("ro", "Read-only file system"),
    ],
)
def test_refusals(
    options: str,
    reason: str,
    registry: Registry,
    store: ModelStore,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if not can_mount(store.root):
        pytest.skip("no filesystem can be mounted here")
    source = write_files(tmp_path / "OpenFace")
    (tmp_path / "import.py").write_text(_IMPORT)
    monkeypatch.setenv("OPENFACE_MODELS_DIR", str(store.root))
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[3]))
    command = in_namespace(
        f"mount -t tmpfs -o {options} none '{store.root}' &&",
        f"'{sys.executable}' '{tmp_path / 'import.py'}' '{tmp_path / 'registry'}' '{source}';",
        f"status=$?; find '{store.root}' -type f; exit $status",
    )
    found = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert found.returncode == 2
    (line,) = found.stderr.splitlines()
    assert line.startswith(f"error: {store.root}: models cannot be written there ({reason})")
    # What came whole may wait, but nothing has its name.
    assert all("/.incoming/" in path for path in found.stdout.splitlines())
