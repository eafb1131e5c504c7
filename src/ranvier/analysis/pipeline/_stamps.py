"""Stamps: what was done of a session, from what, and what came of it.

A stamp is written after the files that it tells of, so a run that is killed between
the two does the work again.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from ranvier.core import write_atomically

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class StageStamp:
    """What one stage made of a session.

    Parameters
    ----------
    key
        Digest of all that it was made from.
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


class Stamps:
    """The stamps of a study, one small file a session.

    Parameters
    ----------
    folder
        Where they lie.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, eid: str) -> dict[str, StageStamp]:
        """Read the stamps of a session; a damaged file is as good as none.

        Parameters
        ----------
        eid
            The session.

        Returns
        -------
        dict
            Stage → stamp.
        """
        try:
            found = json.loads(self._path(eid).read_text("utf-8"))
            return {name: StageStamp(**stamp) for name, stamp in found.items()}
        except (OSError, ValueError, TypeError, AttributeError):
            return {}

    def write(self, eid: str, stamps: dict[str, StageStamp]) -> None:
        """Write the stamps of a session.

        Parameters
        ----------
        eid
            The session.
        stamps
            Stage → stamp; all of them.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        plain = {name: asdict(stamp) for name, stamp in stamps.items()}
        write_atomically(self._path(eid), json.dumps(plain, default=_to_plain))

    def _path(self, eid: str) -> Path:
        return self._folder / f"{eid}.json"


def _to_plain(value: Any) -> Any:
    # NumPy's numbers and arrays.
    return value.tolist() if hasattr(value, "tolist") else str(value)
