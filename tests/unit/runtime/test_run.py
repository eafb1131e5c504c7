from __future__ import annotations

import os
import shlex
import subprocess
import sys

import pytest

from ranvier.core import RunError
from ranvier.runtime import Run, RunRequest, start_run
from ranvier.runtime._control import Started


@pytest.mark.skipif(os.name == "nt", reason="no such signals")
def test_a_supervisor_that_was_killed_is_told_with_its_signal_and_a_command(tmp_path):
    code = "import os; os.kill(os.getpid(), 9)"
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    session = tmp_path / "my session"
    run = Run(process, Started("2026-11-20T10-20-30-abcdef", str(session)), "me")

    with pytest.raises(RunError) as caught:
        run.wait(10)
    assert caught.value.found == "SIGKILL"
    command = caught.value.mend.split("`")[1]
    assert shlex.split(command) == ["ranvier", "recover", str(session)]


@pytest.mark.skipif(os.name == "nt", reason="no such scripts")
@pytest.mark.parametrize(
    ("script", "found"),
    [
        ("kill -SEGV $$", "SIGSEGV"),
        ("echo no room >&2; exit 3", "exit code 3: no room"),
    ],
)
def test_a_supervisor_that_dies_before_its_first_word_is_told_with_its_end(
    tmp_path, monkeypatch, script, found
):
    python = tmp_path / "python"
    python.write_text(f"#!/bin/sh\nread line\n{script}\n")
    python.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(python))

    with pytest.raises(RunError) as caught:
        start_run(RunRequest("graph.yaml", str(tmp_path), by="me"))
    assert (caught.value.code, caught.value.found) == ("RV-R32", found)
