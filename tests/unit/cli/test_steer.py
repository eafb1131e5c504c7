"""`ranvier stop` says how the run ended, and its exit status does."""

from __future__ import annotations

import pytest

from ranvier.cli import _choose
from ranvier.cli._steer import stop
from ranvier.core import RunError
from ranvier.links import RunFolder
from ranvier.runtime import Finished

UNSAFE = RunError("the laser is on.", code="RV-R16", mend="switch it off").to_dict()


class FakeScreen:
    """A run that ends as soon as it is told to."""

    def __init__(self, finished):
        self._finished = finished

    def __enter__(self):
        return self

    def __exit__(self, *error):
        return None

    def stop(self, reason):
        return None

    def wait(self):
        return self._finished


@pytest.fixture
def end_as(monkeypatch, tmp_path):
    def end_as(finished):
        folder = RunFolder(tmp_path / "run")
        monkeypatch.setattr(_choose, "choose_run", lambda run: folder)
        monkeypatch.setattr(_choose, "join", lambda folder: FakeScreen(finished))

    return end_as


@pytest.mark.parametrize(
    ("reason", "errors", "status"),
    [("stopped", [], 0), ("failed", [UNSAFE], 1), ("completed", [], 0)],
)
def test_the_true_end_is_told(end_as, tmp_path, capsys, reason, errors, status):
    end_as(Finished(reason, errors, str(tmp_path)))
    with pytest.raises(SystemExit) as caught:
        stop(None)
    told = capsys.readouterr()

    assert caught.value.code == status
    assert told.out.startswith(f"{reason}: ")
    assert ("the laser is on." in told.err) is bool(errors)
