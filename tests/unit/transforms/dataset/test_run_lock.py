"""Who works in an output folder."""

import json
import os
import platform
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import fsspec
import pytest

from openface_core.errors import OutputError, StorageFullError
from tests.fixtures.places import REPOSITORY
from transforms.dataset import run_lock
from transforms.dataset.run_lock import LOCK_NAME, PATIENCE_SECONDS, Holder, held, holder_of
from transforms.dataset.storage import join, write_whole

HOLD = """
import sys, time
from openface_core.errors import OutputError, StorageFullError
from transforms.dataset.run_lock import held
time.sleep(max(0.0, float(sys.argv[2]) - time.time()))
try:
    with held(sys.argv[1]):
        print(time.time(), flush=True)
        time.sleep(float(sys.argv[3]))
        print(time.time(), flush=True)
except OutputError as error:
    print("refused" if "another run works in this folder" in str(error) else error)
"""


IN_NAMESPACE = ("unshare", "--user", "--map-root-user", "--pid", "--fork", "--mount-proc")
"""As a container does that shares its host's name; Linux lets users do so on many machines."""


def start(
    output: Path, at: float = 0.0, seconds: float = 0.3, before: Sequence[str] = ()
) -> "subprocess.Popen[str]":
    """Start a process that holds a folder for a while; words may stand before its command."""
    command = [*before, sys.executable, "-c", HOLD, str(output), str(at), str(seconds)]
    return subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True)


def leave_mark(output: str, holder: Holder) -> None:
    write_whole(join(output, LOCK_NAME), lambda file: file.write(holder.content()))


@pytest.fixture(params=["local", "remote"])
def output(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(run_lock, "_SETTLING_SECONDS", 0.05)
    return f"{'' if request.param == 'local' else 'memory:/'}{tmp_path}/out"


def test_a_second_run_is_refused_and_told_by_whom(output: str) -> None:
    with held(output):
        holder = holder_of(output)
        assert holder is not None
        with pytest.raises(OutputError) as caught, held(output):
            pass
        assert f"process {os.getpid()} on {platform.node()}, since {holder.since}" in str(
            caught.value
        )
    assert holder_of(output) is None
    with held(output):
        pass


def test_the_mark_goes_after_a_failure_too(output: str) -> None:
    with pytest.raises(ZeroDivisionError), held(output):
        raise ZeroDivisionError
    assert holder_of(output) is None


def test_an_output_folder_that_stays_empty_goes(tmp_path: Path) -> None:
    with held(str(tmp_path / "out")):
        assert [path.name for path in (tmp_path / "out").iterdir()] == [LOCK_NAME]
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "changes",
    [
        {"process": 2**22 + 1},  # more than Linux counts to
        {"started": "another process of the same number"},
        {"process": 0},
        {"process": -1},
        {"host": "elsewhere", "renewed_seconds": time.time() - PATIENCE_SECONDS - 1},
        {"host": "elsewhere", "renewed_seconds": time.time() + 10 * PATIENCE_SECONDS},
        {"host": "elsewhere", "renewed_seconds": float("nan")},
    ],
)
def test_a_mark_that_was_left_is_taken_over(changes: dict[str, object], output: str) -> None:
    leave_mark(output, replace(Holder.here(), **changes))  # type: ignore[arg-type]
    assert holder_of(output) is None
    with held(output):
        holder = holder_of(output)
        assert holder is not None
        assert holder.process == os.getpid()


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"\xff", b'{"token": 1}', b"[" * 10**5])
def test_a_damaged_mark_is_taken_over(content: bytes, output: str) -> None:
    write_whole(join(output, LOCK_NAME), lambda file: file.write(content))
    with held(output):
        assert holder_of(output) is not None


def test_a_run_on_another_host_is_believed_as_long_as_it_renews_its_mark(output: str) -> None:
    there = replace(Holder.here(), host="elsewhere", process=1)
    leave_mark(output, there)
    with pytest.raises(OutputError, match="process 1 on elsewhere"), held(output):
        pass
    assert holder_of(output) == there


@pytest.mark.parametrize("namespace", ["another boot pid:[4026531836]", None])
def test_numbers_of_processes_mean_nothing_in_another_container(
    namespace: str | None, output: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_lock, "namespace", lambda: "boot pid:[4026531836]")
    there = replace(Holder.here(), namespace=namespace, process=2**22 + 1)
    leave_mark(output, there)
    with pytest.raises(OutputError, match="another run works"), held(output):
        pass
    leave_mark(output, replace(there, renewed_seconds=time.time() - PATIENCE_SECONDS - 1))
    with held(output):
        pass


def test_a_mark_of_an_earlier_version_is_believed_as_long_as_it_is_renewed(output: str) -> None:
    values = json.loads(Holder.here().content())
    del values["namespace"], values["is_brief"]
    holder = Holder.parse(json.dumps(values).encode())
    assert holder == replace(Holder.here(), **values, namespace=None)
    leave_mark(output, holder)
    assert holder_of(output) == holder
    leave_mark(output, replace(holder, renewed_seconds=time.time() - PATIENCE_SECONDS - 1))
    if sys.platform == "linux":
        assert holder_of(output) is None


def test_a_process_of_another_container_is_not_taken_for_gone(tmp_path: Path) -> None:
    if shutil.which("unshare") is None:
        pytest.skip("unshare is not installed")
    if subprocess.run([*IN_NAMESPACE, "true"], capture_output=True).returncode:
        pytest.skip("this machine lets nobody make a namespace")
    output = str(tmp_path / "out")
    with held(output):
        inside = start(tmp_path / "out", before=IN_NAMESPACE)
        assert inside.communicate()[0] == "refused\n"
    inside = start(tmp_path / "out", seconds=1.5, before=IN_NAMESPACE)
    assert inside.stdout is not None
    assert inside.stdout.readline()
    with pytest.raises(OutputError, match="another run works"), held(output):
        pass
    inside.communicate()
    with held(output):
        pass


def hold_for(output: str, seconds: float, *, is_brief: bool) -> threading.Thread:
    """Return a thread that holds a folder from now on."""
    begun = threading.Event()

    def work() -> None:
        with held(output, is_brief=is_brief):
            begun.set()
            time.sleep(seconds)

    thread = threading.Thread(target=work)
    thread.start()
    assert begun.wait(10)
    return thread


@pytest.mark.parametrize(("first", "second"), [(True, True), (True, False), (False, True)])
def test_what_is_brief_is_waited_for_and_waits(first: bool, second: bool, output: str) -> None:
    thread, begin = hold_for(output, 0.3, is_brief=first), time.time()
    with held(output, is_brief=second):
        holder = holder_of(output)
        assert holder is not None
        assert holder.is_brief is second
        assert holder.renewed_seconds > begin + 0.2  # and not from before it waited
        thread.join()


def test_nobody_waits_for_a_long_run_for_ever(output: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_lock, "WAITING_SECONDS", 0.2)
    with held(output):
        begin = time.monotonic()
        with pytest.raises(OutputError, match="another run works"), held(output, is_brief=True):
            pass
        assert time.monotonic() - begin >= 0.2


def test_a_queue_gets_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_lock, "WAITING_SECONDS", 0.3)
    monkeypatch.setattr(run_lock, "_BETWEEN_LOOKS_SECONDS", 0.02)
    holders = [replace(Holder.here(is_brief=True), token=str(number)) for number in range(4)]
    begin = time.monotonic()

    def holder_of_now(_: str) -> Holder | None:
        number = int((time.monotonic() - begin) / 0.15)
        return holders[number] if number < len(holders) else None

    monkeypatch.setattr(run_lock, "holder_of", holder_of_now)
    run_lock.refuse_if_held("out")
    assert time.monotonic() - begin >= 0.6


def test_a_mark_is_seen_though_the_storage_keeps_listings(monkeypatch: pytest.MonkeyPatch) -> None:
    memory = fsspec.filesystem("memory")
    listed: dict[str, bool] = {}
    exists = type(memory).exists
    monkeypatch.setattr(
        type(memory),
        "exists",
        lambda self, path: listed.setdefault(path, exists(self, path)),
    )
    monkeypatch.setattr(type(memory), "invalidate_cache", lambda self, path=None: listed.clear())
    assert holder_of("memory://listed/out") is None
    content = Holder.here().content()
    memory.pipe_file("/listed/out/" + LOCK_NAME, content)
    assert holder_of("memory://listed/out") is not None


def test_the_mark_is_renewed(output: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_lock, "RENEWAL_SECONDS", 0.05)
    with held(output):
        before = holder_of(output)
        assert before is not None
        for _ in range(200):
            after = holder_of(output)
            if after is not None and after.renewed_seconds > before.renewed_seconds:
                break
            time.sleep(0.05)
        assert after is not None
        assert after.token == before.token
        assert after.renewed_seconds > before.renewed_seconds


def test_another_mark_is_not_taken_away(output: str) -> None:
    there = replace(Holder.here(), token="another")
    with held(output):
        leave_mark(output, there)
    assert holder_of(output) == there


def test_a_killed_process_leaves_nothing_to_wait_for(tmp_path: Path) -> None:
    process = start(tmp_path / "out", seconds=60)
    assert process.stdout is not None
    assert process.stdout.readline()
    assert holder_of(str(tmp_path / "out")) is not None
    process.kill()
    if sys.platform == "linux":  # killed, but not yet asked for by this process
        for _ in range(100):
            if holder_of(str(tmp_path / "out")) is None:
                break
            time.sleep(0.05)
        assert holder_of(str(tmp_path / "out")) is None
    process.communicate()
    assert json.loads((tmp_path / "out" / LOCK_NAME).read_text())["process"] == process.pid
    with held(str(tmp_path / "out")):
        pass


def test_of_many_at_once_one_works(tmp_path: Path) -> None:
    leave_mark(str(tmp_path), replace(Holder.here(), process=2**22 + 1))
    at = time.time() + 2.0
    processes = [start(tmp_path, at + k % 2 * 0.2) for k in range(6)]
    outcomes = [process.communicate()[0].split() for process in processes]
    times = sorted(tuple(map(float, words)) for words in outcomes if words != ["refused"])
    assert times
    assert all(len(words) in (1, 2) for words in outcomes)
    assert all(end <= begin for (_, end), (begin, _) in pairwise(times))
    assert [path.name for path in tmp_path.iterdir()] == []


@pytest.mark.parametrize("error", [OutputError, StorageFullError])
def test_a_folder_that_takes_no_mark_is_named_and_not_the_mark(
    error: type[OutputError], output: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(uri: str, *_: object, **__: object) -> None:
        raise error(uri, "it cannot be written", "Check it.")

    monkeypatch.setattr(run_lock, "write_whole", refuse)
    with pytest.raises(error) as caught, held(output):
        pass
    assert caught.value.args == (output, "it cannot be written", "Check it.")


def test_a_folder_that_cannot_be_opened_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied", "out")

    monkeypatch.setattr(run_lock, "_taken_by_nobody_else", refuse)
    with pytest.raises(OutputError, match="Permission denied") as caught, held(str(tmp_path)):
        pass
    assert caught.value.subject == str(tmp_path)
