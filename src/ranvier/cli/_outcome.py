"""How a run ended, in words and as an exit status."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from ranvier.cli._print import DONE, FAILED, USAGE, say, show_error
from ranvier.core import GraphError, format_count, format_quantity, rebuild_error

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ranvier.runtime import Finished, LinkStatus

_NOTICEABLE_S = 0.1
# After so many steps a node that sent nothing may have forgotten to.
_MANY = 20


def report(finished: Finished, *, quiet: bool) -> int:
    """Print how a run ended.

    Parameters
    ----------
    finished
        The supervisor's last word.
    quiet
        Print the session folder only.

    Returns
    -------
    int
        0 if it completed or was stopped and nothing is missing in its recording, 2
        if the graph is not right, else 1.
    """
    errors = [rebuild_error(fields) for fields in finished.errors]
    for error in errors:
        show_error(error)
    folder = Path(finished.session_folder)
    if quiet:
        sys.stdout.write(f"{folder}\n")
    else:
        for line in _iter_troubles(folder):
            say(line)
        say(f"{finished.reason}: {describe_folder(folder)}")
    sys.stdout.flush()
    if finished.reason == "failed" and any(isinstance(e, GraphError) for e in errors):
        return USAGE
    return FAILED if errors or finished.reason == "failed" else DONE


def _iter_troubles(folder: Path) -> Iterator[str]:
    """Say what each node had to bear, from the status that the run left."""
    from ranvier.recording import SessionFolder
    from ranvier.runtime import read_status

    status = read_status(SessionFolder(folder))
    if status is None:
        return
    if status.paused_s >= _NOTICEABLE_S:
        paused = format_quantity(status.paused_s, "s")
        yield f"paused for {paused}, which the duration leaves out"
    for node in status.nodes:
        counts = ((node.faults, "fault"), (node.restarts, "restart"))
        words = ", ".join(format_count(n, name) for n, name in counts if n)
        # Of many faults a second only a few are told, so it need not be the very last.
        last = node.last_fault.partition("\n")[0]
        said = "; the last told: ".join(each for each in (words, last) if each)
        if said:
            yield f"{node.name}: {said}; see the audit trail"
        elif node.steps >= _MANY and (silent := _find_silent(node.name, status.links)):
            yield (
                f"{node.name}: {node.steps:,} steps, nothing sent on "
                f"{', '.join(silent)}; does it return what it should?"
            )
    for link in status.links:
        # What is missing in the recording is an error of its own.
        if link.lost and not link.is_recorded:
            yield (
                f"{link.stream} → {link.target} ({link.policy}): "
                f"{link.lost:,} of {link.sent:,} messages lost"
            )


def _find_silent(node: str, links: Iterable[LinkStatus]) -> list[str]:
    """Give the outputs of a node, if nothing was ever sent on any of them."""
    from ranvier.spec import INTAKE

    sent: Counter[str] = Counter()
    for link in links:
        writer, _, output = link.stream.partition(".")
        if writer == node and output != INTAKE:
            sent[output] += link.sent
    return [] if any(sent.values()) else sorted(sent)


def describe_folder(folder: Path) -> str:
    """Say where a session is and how much is recorded in it.

    Parameters
    ----------
    folder
        Of the session.

    Returns
    -------
    str
        The folder as seen from the working folder, and the size of its recordings.
    """
    from ranvier.recording import SessionFolder

    parts = SessionFolder(folder).parts()
    shown = shorten(folder)
    if not parts:
        return f"{shown} (nothing recorded)"
    size = sum(part.path.stat().st_size for part in parts)
    return f"{shown} ({format_quantity(size, 'B')} recorded)"


def shorten(path: Path) -> str:
    """Write a path as seen from the working folder, if it is in there.

    Parameters
    ----------
    path
        Any.

    Returns
    -------
    str
        Relative where that is shorter to type.
    """
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(path)
