"""All tests keep their runs apart from those of the person who starts them.

The whole suite is run by two processes (where pytest-xdist is there): what runs graphs
and sessions, and so has processes and times of its own, one after the other in the one,
all else in the other. A part of the suite, and `-n 0`, is run here.
"""

from __future__ import annotations

import shutil
import signal
import tempfile
from pathlib import Path

import pytest

_N_WORKERS = 2


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config):
    """Share the whole suite among processes, unless someone said how."""
    if hasattr(config, "workerinput"):
        return  # one of those processes
    is_whole = config.args_source is not pytest.Config.ArgsSource.ARGS
    if is_whole and getattr(config.option, "numprocesses", 0) is None:
        config.option.numprocesses = _N_WORKERS
        config.option.dist = "loadgroup"


def pytest_collection_modifyitems(items):
    """Name what must not be torn apart: a file, and all that runs on the machine."""
    here = Path(__file__).parent
    for item in items:
        place = item.path.relative_to(here)
        is_timed = place.parts[0] == "conformance" or (
            place.parts[0] == "system" and place.parts[1] != "analysis"
        )
        group = "machine" if is_timed else place.as_posix()
        item.add_marker(pytest.mark.xdist_group(group))


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
