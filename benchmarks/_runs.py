"""Real runs: a graph of stamping nodes, started as anyone would start it."""

from __future__ import annotations

import json
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ranvier.core import RanvierError
from ranvier.runtime import Run, RunRequest, start_run

if TYPE_CHECKING:
    from collections.abc import Iterator

_NODES = Path(__file__).with_name("nodes.py")


class Played(NamedTuple):
    """What a run left.

    Parameters
    ----------
    folder
        Its session folder; gone after the `playing` block.
    """

    folder: Path

    def arrivals(self, node: str) -> np.ndarray:
        """Give the arrivals and ages at a node, shape (n, 2), ns."""
        return np.load(self.folder / "nodes" / node / "arrivals.npy")

    def sent(self, node: str) -> tuple[int, int]:
        """Give how many items a source sent, and the time of the first, ns."""
        n_sent, began_ns = np.load(self.folder / "nodes" / node / "sent.npy").tolist()
        return n_sent, began_ns


def node(kind: str, **parameters: Any) -> dict[str, Any]:
    """Give a node of `nodes.py` as a graph file has it."""
    return {"type": f"{_NODES}:{kind}", "parameters": parameters}


def link(
    source: str, target: str | list[str], policy: str, **more: Any
) -> dict[str, Any]:
    """Give a link as a graph file has it."""
    return {"from": source, "to": target, "policy": policy, **more}


@contextmanager
def started(
    nodes: dict[str, Any],
    links: list[dict[str, Any]],
    *,
    scratch: Path | None = None,
    record: list[str] | None = None,
    **options: Any,
) -> Iterator[Run]:
    """Start a run of a graph; its session folder is removed afterwards.

    Parameters
    ----------
    nodes, links
        Of the graph.
    scratch
        Where the session folder is made; the system's temporary folder if None.
    record
        Streams to record; none if None.
    options
        Of the run, as `run:` in a graph file has them.

    Yields
    ------
    Run
        Starting.
    """
    folder = Path(tempfile.mkdtemp(prefix="ranvier-bench-", dir=scratch))
    graph = {"ranvier": 1, "name": "bench", "nodes": nodes, "links": links}
    if record:
        graph["record"] = record
    if options:
        graph["run"] = options
    path = folder / "graph.yaml"
    path.write_text(json.dumps(graph, indent=1))
    run = None
    try:
        run = start_run(
            RunRequest(str(path), str(folder), record=bool(record), by="benchmark")
        )
        yield run
    finally:
        if run is not None:
            end(run)
        shutil.rmtree(folder, ignore_errors=True)


def end(run: Run) -> None:
    """End a run at once if it still goes on, so that a fault leaves nothing behind."""
    try:
        with run.open_screen() as screen:
            screen.abort()
        run.wait(10.0)
    except (RanvierError, TimeoutError):
        pass  # it was over
    run.close()


def finish(run: Run, timeout_s: float = 120.0) -> Played:
    """Wait for the end of a run.

    Returns
    -------
    Played
        What it left.

    Raises
    ------
    RuntimeError
        If it did not come to a good end.
    """
    finished = run.wait(timeout_s)
    if finished.reason != "completed" and finished.reason != "stopped":
        raise RuntimeError(f"the run {finished.reason}: {finished.errors}")
    return Played(run.session_folder)
