"""All tests keep their runs apart from those of the person who starts them."""

from __future__ import annotations

import shutil
import signal
import tempfile

import pytest


@pytest.fixture(scope="session", autouse=True)
def place_of_runs():
    """A place for runs of its own: an experiment, or other tests, may go on beside."""
    place = tempfile.mkdtemp(prefix="rv")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("RANVIER_RUNS", place)
        yield
    shutil.rmtree(place, ignore_errors=True)


@pytest.fixture(scope="session", autouse=True)
def heard_ctrl_c():
    """Tests started in the background have SIGINT ignored, and so would their runs."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
