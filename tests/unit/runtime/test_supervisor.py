"""A supervisor that can't begin leaves nothing behind."""

from __future__ import annotations

import asyncio

import pytest

from ranvier.links import RunFolder
from ranvier.runtime import RunRequest, _supervisor
from ranvier.runtime._supervisor import Supervisor

GRAPH = "ranvier: 1\nname: loop\nnodes: {eye: {type: 'nodes.py:Eye'}}\n"


def test_a_guard_that_can_not_be_started_leaves_no_folder(tmp_path, monkeypatch):
    runs = tmp_path / "runs"
    monkeypatch.setattr(RunFolder, "parent", staticmethod(lambda: runs))
    (tmp_path / "loop.yaml").write_text(GRAPH)

    def refuse(*arguments):
        raise OSError("no more processes")

    monkeypatch.setattr(_supervisor, "Guarding", refuse)
    request = RunRequest(str(tmp_path / "loop.yaml"), str(tmp_path / "sessions"))

    async def run():
        await Supervisor(request, print).run()

    with pytest.raises(OSError, match="no more processes"):
        asyncio.run(run())

    assert list(runs.iterdir()) == []
