"""Output that is closed, full, or no terminal."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

MAIN = "from ranvier.cli import main; main()"


def call(redirection, *words):
    command = [sys.executable, "-c", MAIN, *words]
    shell = ["sh", "-c", f'"$@" {redirection}', "sh", *command]
    environment = {k: v for k, v in os.environ.items() if k != "COLUMNS"}
    return subprocess.run(shell, capture_output=True, text=True, env=environment)


@pytest.mark.skipif(os.name == "nt", reason="no such shell")
def test_closed_output_swallows_what_is_printed():
    done = call(">&-", "status")

    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is full")
def test_full_output_fails_in_words():
    done = call(">/dev/full", "nodes", "counter")

    assert done.returncode == 1
    assert done.stderr == "the output can't be written: No space left on device\n"


@pytest.mark.skipif(os.name == "nt", reason="no such shell")
def test_a_table_in_a_pipe_is_not_cut(tmp_path):
    words = " ".join(f"word{n}" for n in range(40))
    (tmp_path / "n.py").write_text(
        f'from ranvier.node import Sink\n\n\nclass Long(Sink):\n    """{words}"""\n'
    )
    done = call("", "nodes", str(tmp_path / "n.py"))

    assert words in done.stdout
