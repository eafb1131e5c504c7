"""What `check` found in a graph: faults and warnings, each with its place."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from ranvier.core import GraphError

if TYPE_CHECKING:
    from collections.abc import Iterable

Path = tuple[str | int, ...]


@dataclasses.dataclass(frozen=True)
class Fault:
    """One thing that is wrong, or doubtful, in a graph.

    Parameters
    ----------
    error
        The words: problem, where, found, wanted, mend, and the stable code.
    path
        Keys and indices from the root of the file to the entry concerned.
    line, column
        Where that entry stands in the file, from 1; 0 where there is no file.
    node, port
        The node and the port that an editor marks, "" where none is concerned.
    is_warning
        True if the graph may run all the same.
    """

    error: GraphError
    path: Path = ()
    line: int = 0
    column: int = 0
    node: str = ""
    port: str = ""
    is_warning: bool = False

    def __str__(self) -> str:
        words = str(self.error)
        if self.is_warning:
            return words.replace(type(self.error).__name__, "warning", 1)
        return words

    def to_dict(self) -> dict[str, Any]:
        """Give the fault as plain fields, for an editor.

        Returns
        -------
        dict
            The fields of the error, then line, column, path, node, port, is_warning.
        """
        return {
            **self.error.to_dict(),
            "line": self.line,
            "column": self.column,
            "path": list(self.path),
            "node": self.node,
            "port": self.port,
            "is_warning": self.is_warning,
        }


@dataclasses.dataclass(frozen=True)
class Report:
    """All that `check` found, sorted by line.

    Parameters
    ----------
    faults
        What must be mended before the graph can run.
    warnings
        What may be meant so, but should be looked at.
    """

    faults: tuple[Fault, ...] = ()
    warnings: tuple[Fault, ...] = ()

    @classmethod
    def of(cls, found: Iterable[Fault]) -> Report:
        """Sort findings by line into faults and warnings.

        Returns
        -------
        Report
            Each finding once.
        """
        ordered = sorted(found, key=lambda f: (f.line, f.column, f.error.code))
        return cls(
            tuple(fault for fault in ordered if not fault.is_warning),
            tuple(fault for fault in ordered if fault.is_warning),
        )

    @property
    def is_right(self) -> bool:
        """True if the graph can run."""
        return not self.faults

    def raise_faults(self) -> None:
        """Do nothing if the graph can run.

        Raises
        ------
        GraphError
            The only fault itself, or one RV-G00 that lists them all.
        """
        if self.faults:
            fault = merge_faults(self.faults)
            raise fault

    def to_dict(self) -> dict[str, Any]:
        """Give the report as plain fields, for an editor.

        Returns
        -------
        dict
            faults and warnings, lists of `Fault.to_dict()`.
        """
        return {
            "faults": [fault.to_dict() for fault in self.faults],
            "warnings": [fault.to_dict() for fault in self.warnings],
        }

    def __str__(self) -> str:
        return "\n\n".join(str(each) for each in (*self.faults, *self.warnings))


def merge_faults(faults: tuple[Fault, ...]) -> GraphError:
    """Make one error of several faults.

    Returns
    -------
    GraphError
        The only one itself, or RV-G00 whose `found` lists all of them.
    """
    if len(faults) == 1:
        return faults[0].error
    words = "\n".join(
        f"{fault.error.where or '-'}: {fault.error.problem}" for fault in faults
    )
    return GraphError(
        f"the graph has {len(faults)} faults.",
        code="RV-G00",
        where=faults[0].error.where,
        found=words.replace("\n", "\n          "),
        mend="mend each; `ranvier check` says how",
    )


def list_words(words: Iterable[str], limit: int = 12) -> str:
    """Write names one after another, shortened where there are many.

    Returns
    -------
    str
        For example "a, b, c and 4 more"; "none" for no names.
    """
    names = list(words)
    shown = ", ".join(names[:limit])
    if len(names) > limit:
        shown += f" and {len(names) - limit} more"
    return shown or "none"
