"""Stamps: what was done of a session, from what, and what came of it.

A stamp is written after the file that it tells of, so a run that is killed between the
two does the work again.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from ranvier.analysis.files import write_whole

if TYPE_CHECKING:
    from pathlib import Path

UNKNOWN = ""
"""Key of what did not come to its end: it fits nothing, so it is done again."""


@dataclass(frozen=True)
class StageStamp:
    """What one stage made of a session.

    Parameters
    ----------
    key
        Digest of all that it was made from; `UNKNOWN` if it did not come to its end.
    faults
        Rows of `make_log_entry`; empty if all was well.
    is_fatal
        True if it made nothing but faults.
    is_skipped
        True if the session has nothing for this stage: no trials, no wheel.
    rows
        Rows of tables: name → list of mappings.
    notes
        What to know, one sentence each.
    """

    key: str
    faults: list[dict[str, Any]] = field(default_factory=list)
    is_fatal: bool = False
    is_skipped: bool = False
    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class SessionStamp:
    """What was made of a session.

    Parameters
    ----------
    file
        Digest of its HDF5, as it was written.
    row
        Digest of its row in the catalogue, which stands in its HDF5.
    stages
        Stage → stamp.
    """

    file: str = ""
    row: str = ""
    stages: dict[str, StageStamp] = field(default_factory=dict)


class Stamps:
    """The stamps of a study, one small file a session.

    Parameters
    ----------
    folder
        Where they lie.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, eid: str) -> SessionStamp:
        """Read the stamp of a session; a damaged file is as good as none.

        Parameters
        ----------
        eid
            The session.

        Returns
        -------
        SessionStamp
        """
        try:
            found = json.loads(self._path(eid).read_text("utf-8"))
            stages = {k: StageStamp(**v) for k, v in found["stages"].items()}
            return SessionStamp(str(found["file"]), str(found["row"]), stages)
        except (OSError, ValueError, TypeError, AttributeError, KeyError):
            return SessionStamp()

    def write(self, eid: str, stamp: SessionStamp) -> None:
        """Write the stamp of a session.

        Parameters
        ----------
        eid
            The session.
        stamp
            All of it.

        Raises
        ------
        AnalysisError
            If the file can't be written.
        """
        text = json.dumps(asdict(stamp), default=_to_plain)
        write_whole(self._path(eid), text.encode())

    def _path(self, eid: str) -> Path:
        return self._folder / f"{eid}.json"


def _to_plain(value: Any) -> Any:
    # NumPy's numbers and arrays.
    return value.tolist() if hasattr(value, "tolist") else str(value)
