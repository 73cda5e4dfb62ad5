"""Processes that were forked after a run."""

import os

import pytest

from openface_core.errors import PipelineError
from pipelines.main_job import forks
from pipelines.main_job.runners import import_beam, make_runner, pipeline_options


def test_only_a_process_that_was_forked_after_a_run_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(forks, "_began_in", None)
    options = pipeline_options("DirectRunner", ())
    own = os.getpid()
    monkeypatch.setattr(os, "getpid", lambda: own + 1)
    import_beam()
    monkeypatch.setattr(os, "getpid", lambda: own)
    make_runner("DirectRunner", options)
    import_beam()
    monkeypatch.setattr(os, "getpid", lambda: own + 1)
    with pytest.raises(PipelineError, match=r"forked from a process.*get_context\('spawn'\)"):
        import_beam()
