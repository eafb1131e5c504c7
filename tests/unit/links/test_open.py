"""All runs of a user lie in one place, whatever the shell they are asked from."""

from __future__ import annotations

from pathlib import Path

import pytest

from ranvier.core import LinkError
from ranvier.links import RunFolder


def test_the_place_of_runs_does_not_hang_on_the_shell(monkeypatch, tmp_path):
    monkeypatch.delenv("RANVIER_RUNS", raising=False)
    before = RunFolder.parent()
    for name in ("TMPDIR", "XDG_RUNTIME_DIR"):
        monkeypatch.setenv(name, str(tmp_path))

    assert RunFolder.parent() == before


def test_another_place_is_taken_if_it_is_named(monkeypatch):
    monkeypatch.setenv("RANVIER_RUNS", "/srv/runs")

    assert RunFolder.parent() == Path("/srv/runs")


@pytest.mark.parametrize("place", ["/srv/" + 80 * "r", "/srv/läufe"])
def test_a_place_whose_sockets_would_have_no_name_is_refused(monkeypatch, place):
    monkeypatch.setenv("RANVIER_RUNS", place)

    with pytest.raises(LinkError, match="can't be used"):
        RunFolder.parent()
