"""Which code a replay runs, where it is not what lies in the experiment now."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ranvier.recording import CodeVersion, NodeEntry, SessionFolder


def describe_changed_code(
    folder: SessionFolder, nodes: Iterable[NodeEntry]
) -> list[str]:
    """Say which files of nodes have changed since the run, or their copies in it.

    Parameters
    ----------
    folder
        The session.
    nodes
        Those that are to be replayed.

    Returns
    -------
    list of str
        A sentence for each file; empty if all is as it was.
    """
    codes = {
        node.code.copy: node.code for node in nodes if node.code and node.code.copy
    }
    return [words for code in codes.values() for words in _look_at(folder, code)]


def _look_at(folder: SessionFolder, code: CodeVersion) -> Iterator[str]:
    copy, source = folder.code / code.copy, Path(code.source)
    # The name of a copy carries the begin of its hash: "nodes.1f2e3d4c.py".
    told = copy.stem.rpartition(".")[2]
    kept = _read(copy)
    if kept is None:
        yield f"code/{copy.name} is missing: the code that ran can't be replayed"
        return
    if not hashlib.sha256(kept).hexdigest().startswith(told):
        yield (
            f"code/{copy.name} was changed after the run: what is run is not what ran"
        )
    now = _read(source)
    if now is None:
        yield f"{source.name} is not there any more; its copy in the session is run"
    elif now != kept:
        yield f"{source.name} has changed since; its copy in the session is run"


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None
