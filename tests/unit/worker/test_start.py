"""What a worker refuses before it loads its nodes."""

from __future__ import annotations

import os

import pytest

from ranvier.core import RunError
from ranvier.worker import Assign
from ranvier.worker._start import refuse_missing_cores


def test_cores_that_the_machine_has_not_are_refused(monkeypatch):
    monkeypatch.setattr(os, "cpu_count", lambda: 4)

    with pytest.raises(RunError, match="RV-R28") as caught:
        refuse_missing_cores(make_assign((0, 4)))

    assert caught.value.wanted == "cores from 0 to 3"


@pytest.mark.parametrize(("count", "cores"), [(4, (0, 3)), (4, ()), (None, (99,))])
def test_cores_that_may_be_there_are_not_refused(monkeypatch, count, cores):
    monkeypatch.setattr(os, "cpu_count", lambda: count)

    refuse_missing_cores(make_assign(cores))


def make_assign(cores):
    return Assign("run", "run", "session", 0, "eye", (), cores=cores)
