"""What was done in a study: of the parts of commands whose results are there."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from ranvier.analysis.studies._keep import list_stamps, read_stamp

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_COMMANDS = ("responses", "movement_encoding", "task_encoding", "task_performance")


@dataclass(frozen=True)
class PartDone:
    """A part of a command that has results.

    Parameters
    ----------
    settings
        Entries of the parameters that it was made with: "statistics.seed" → 42.
    options
        What it was called with beside them.
    shapes
        Name of each table, without its ending → rows and columns.
    """

    settings: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    shapes: Mapping[str, tuple[int, int]] = field(default_factory=dict)


def read_done(folder: Path) -> dict[str, PartDone]:
    """Read which parts of the commands have results, and what they were made with.

    Parameters
    ----------
    folder
        The study.

    Returns
    -------
    dict
        "responses/lmm" → what is known of it; parts whose tables are all empty, or are
        not there any more, are not in it.
    """
    found: dict[str, PartDone] = {}
    for command in _COMMANDS:
        for name in list_stamps(folder, command):
            said = read_stamp(folder, name).provenance
            tables = {p: w for p, w in said.items() if (folder / p).is_file()}
            shapes = {
                PurePosixPath(path).stem: (words["n_rows"], words.get("n_columns", 0))
                for path, words in tables.items()
                if words.get("n_rows")
            }
            if shapes:
                first = next(iter(tables.values()))
                found[name] = PartDone(first["settings"], first["options"], shapes)
    return found
