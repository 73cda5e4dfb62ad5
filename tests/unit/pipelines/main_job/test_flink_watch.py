"""What is told of a job on a Flink cluster, by a job manager that a small server plays."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from pipelines.main_job.flink_jobs import FlinkJobs
from pipelines.main_job.flink_watch import FlinkWatch, describe_failure
from pipelines.main_job.runners import pipeline_options

REFUSED = """java.util.concurrent.CompletionException: org.apache.beam.vendor.StatusRuntimeException
\tat java.base/java.util.concurrent.CompletableFuture.join(CompletableFuture.java:1)
Caused by: io.netty.AbstractChannel$AnnotatedConnectException: finishConnect(..) failed: \
Connection refused: localhost/127.0.0.1:50000
\t... 3 more
"""
NO_MODEL = """java.lang.RuntimeException: Error received from SDK harness: Traceback
  File "engine_handle.py", line 60, in acquire
openface_core.errors.ModelFileError: /m/a.onnx: there is no such file on host-b. Mount it.
\tat org.apache.beam.runners.fnexecution.control.FnApiControlClient$ResponseStreamObserver.onNext
Caused by: java.lang.RuntimeException: closed
"""


class JobManager:
    """Plays a job manager with one job."""

    def __init__(self) -> None:
        self.answers: dict[str, Any] = {
            "/jobs/overview": {"jobs": [{"jid": "j1", "name": "ours", "state": "RUNNING"},
                                        {"jid": "j2", "name": "theirs", "state": "RUNNING"}]},
            "/jobs/j1": {"vertices": [{"tasks": {"SCHEDULED": 2, "RUNNING": 0}}, {"tasks": {}}]},
            "/jobs/j1/exceptions": {"exceptionHistory": {"entries": []}},
            "/overview": {"slots-available": 0, "slots-total": 2},
        }  # fmt: skip
        self.cancelled: list[str] = []
        manager = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self, content: Any) -> None:
                body = json.dumps(content).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_GET(self) -> None:
                self.answer(manager.answers[self.path])

            def do_PATCH(self) -> None:
                manager.cancelled.append(self.path)
                manager.answers["/jobs/overview"]["jobs"][0]["state"] = "CANCELED"
                self.answer({})

            def log_message(self, *_: Any) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


AT_WORK = {"vertices": [{"tasks": {"RUNNING": 1}}, {"tasks": {"SCHEDULED": 1}}]}


@pytest.fixture
def manager() -> Iterator[JobManager]:
    played = JobManager()
    yield played
    played.server.shutdown()
    played.server.server_close()


def test_only_own_jobs_are_seen_and_cancelled(manager: JobManager) -> None:
    jobs = FlinkJobs(manager.url, "ours")
    assert jobs.running() == ("j1",)
    jobs.cancel(jobs.running())
    assert manager.cancelled == ["/jobs/j1?mode=cancel"]
    assert jobs.running() == ()
    assert jobs.all() == ("j1",)


def test_waiting_for_slots_is_told_once(
    manager: JobManager, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipelines.main_job.flink_watch._PATIENCE_SECONDS", 0.0)
    watch = FlinkWatch(FlinkJobs(manager.url, "ours"), None)
    for _ in range(3):
        watch.tell()
    (line,) = caplog.messages
    assert "0 of 2 are free" in line
    assert manager.url in line


def test_each_failure_is_told_once(manager: JobManager, caplog: pytest.LogCaptureFixture) -> None:
    manager.answers["/jobs/j1"] = AT_WORK
    entry = {"endpoint": "10.0.0.7:4711", "stacktrace": NO_MODEL}
    manager.answers["/jobs/j1/exceptions"]["exceptionHistory"]["entries"] = [entry, entry]
    watch = FlinkWatch(FlinkJobs(manager.url, "ours"), None)
    for _ in range(2):
        watch.tell()
    (line,) = caplog.messages
    assert "10.0.0.7" in line
    assert line.endswith("/m/a.onnx: there is no such file on host-b. Mount it.")


def test_a_job_manager_that_is_gone_is_no_reason_to_fail(caplog: pytest.LogCaptureFixture) -> None:
    FlinkWatch(FlinkJobs("http://127.0.0.1:9", "ours"), None).tell()
    assert not caplog.messages


def test_a_job_manager_that_stays_silent_is_named(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipelines.main_job.flink_watch._PATIENCE_SECONDS", 0.0)
    watch = FlinkWatch(FlinkJobs("http://127.0.0.1:9", "ours"), None)
    for _ in range(2):
        watch.tell()
    (line,) = caplog.messages
    assert "the job manager at http://127.0.0.1:9 does not answer" in line


@pytest.mark.parametrize(("stacktrace", "gives_up"), [(NO_MODEL, True), (REFUSED, False)])
def test_what_no_attempt_mends_is_given_up(
    stacktrace: str, gives_up: bool, manager: JobManager
) -> None:
    manager.answers["/jobs/j1"] = AT_WORK
    entries = manager.answers["/jobs/j1/exceptions"]["exceptionHistory"]["entries"]
    watch = FlinkWatch(FlinkJobs(manager.url, "ours"), None)
    for attempt in range(3):
        assert watch.hopeless is None
        entries.append({"endpoint": f"10.0.0.7:{4711 + attempt}", "stacktrace": stacktrace})
        watch.tell()
    assert (watch.hopeless is not None) == gives_up
    assert manager.cancelled == (["/jobs/j1?mode=cancel"] if gives_up else [])
    if watch.hopeless is not None:
        assert "/m/a.onnx: there is no such file on host-b. Mount it. " in str(watch.hopeless)


def test_a_pool_that_is_down_is_named_with_its_host() -> None:
    failure = {"endpoint": "10.0.0.7:4711", "stacktrace": REFUSED}
    line = describe_failure(failure, "localhost:50000")
    assert "no worker pool answers at localhost:50000 on the task manager 10.0.0.7" in line


@pytest.mark.parametrize("words", ["call already cancelled. Use", "client cancelled"])
def test_a_worker_that_ended_is_told_with_its_host_and_the_likely_cause(words: str) -> None:
    text = (
        "java.lang.RuntimeException: failed\n"
        "Caused by: org.apache.beam.vendor.grpc.v1p60p1.io.grpc.StatusRuntimeException: "
        f"CANCELLED: {words}\n"
    )
    line = describe_failure({"stacktrace": text, "endpoint": "10.0.0.7:6122"}, None)
    assert "a worker beside the task manager 10.0.0.7 has ended" in line
    assert "memory" in line
    assert "numberOfTaskSlots" in line


@pytest.mark.parametrize(
    ("master", "url"),
    [("jm:8081", "http://jm:8081"), ("http://jm:8081/", "http://jm:8081"),
     ("[local]", None), ("[auto]", None)],
)  # fmt: skip
def test_where_the_job_manager_is(master: str, url: str | None) -> None:
    given = [f"--flink_master={master}", "--job_name=x", "--job_endpoint=localhost:1",
             "--environment_type=LOOPBACK"]  # fmt: skip
    jobs = FlinkJobs.of(pipeline_options("FlinkRunner", given))
    assert (None if jobs is None else jobs.url) == url
