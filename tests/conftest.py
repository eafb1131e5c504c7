"""All tests keep their runs apart from those of the person who starts them."""

from __future__ import annotations

import shutil
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
