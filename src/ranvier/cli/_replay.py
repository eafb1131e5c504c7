"""`ranvier replay`: a recording through its graph again, or node by node compared."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from ranvier.cli._outcome import report, shorten
from ranvier.cli._print import DONE, FAILED, BarReporter, say
from ranvier.cli._run import build_request, run_in_view
from ranvier.core import RanvierError, RunError
from ranvier.graph import format_graph
from ranvier.recording import open_recording
from ranvier.runtime import build_replay_graph, describe_changed_code

if TYPE_CHECKING:
    from ranvier.recording import NodeEntry, Recording
    from ranvier.runtime import ReplayReport

_SEE_WHY = "see in the audit trail why it sent nothing"
_DETERMINISTIC = "check the session of a graph with a deterministic node"


def replay_session(session: Path, pace: str, *, quiet: bool, plain: bool) -> int:
    """Run the graph of a session with its recording in place of its sources.

    Parameters
    ----------
    session
        Its folder; the new session folder is made beside it.
    pace
        "real": as recorded; "max": as fast as it goes.
    quiet, plain
        How it is shown, see `open_view`.

    Returns
    -------
    int
        Exit status, as of a run.
    """
    recording = open_recording(session)
    # The sources are replaced by the recording.
    _say_changed(recording, [n for n in recording.manifest.nodes if not _is_source(n)])
    graph = build_replay_graph(recording, pace)
    # The workers' folder as long as the run goes on; nothing in it is needed later.
    with tempfile.TemporaryDirectory(prefix="ranvier-replay-") as folder:
        path = Path(folder) / "graph.yaml"
        path.write_text(format_graph(graph), encoding="utf-8")
        request = build_request(path, session.resolve().parent)
        finished = run_in_view(request, quiet=quiet, plain=plain)
    return FAILED if finished is None else report(finished, quiet=quiet)


def check_session(session: Path, node: str | None) -> int:
    """Give each node what it took in, and compare what it gives with the recording.

    Parameters
    ----------
    session
        Its folder.
    node
        This one only; all if None.

    Returns
    -------
    int
        0 if all that could be compared is equal bit by bit, else 1.

    Raises
    ------
    RunError
        If nothing could be compared.
    """
    from ranvier.runtime import check_replay

    recording = open_recording(session)
    chosen = [each for each in recording.manifest.nodes if node in (None, each.name)]
    _say_changed(recording, chosen)
    with BarReporter() as reporter:
        found = check_replay(session, (node,) if node else (), reporter)
    say(found.describe())
    if not any(each.n_compared or not each.agrees for each in found.nodes):
        raise _nothing_compared(session, found)
    return DONE if found.agrees else FAILED


def _is_source(node: NodeEntry) -> bool:
    return node.spec.kind == "source"


def _say_changed(recording: Recording, nodes: list[NodeEntry]) -> None:
    if recording.folder is not None:
        for words in describe_changed_code(recording.folder, nodes):
            say(words)


def _nothing_compared(session: Path, found: ReplayReport) -> RanvierError:
    reasons = {each.not_checked or "nothing was sent" for each in found.nodes}
    mends = {each.mend if each.not_checked else _SEE_WHY for each in found.nodes}
    return RunError(
        "nothing could be compared.",
        code="RV-R53",
        where=shorten(session),
        found="; ".join(sorted(reasons)),
        mend="; ".join(sorted(filter(None, mends))) or _DETERMINISTIC,
    )
