"""Verdicts on recordings: a table that is only ever added to; the last word counts."""

from __future__ import annotations

import csv
import io
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pandas as pd

from ranvier.analysis.faults import FileFault
from ranvier.analysis.provenance import code_version
from ranvier.core import append_durably, user_name

if TYPE_CHECKING:
    from pathlib import Path
    from typing import BinaryIO

VERDICTS_PATH = "metadata/verdicts.csv"
"""Where the table lies in a study."""


@dataclass(frozen=True)
class Verdict:
    """What someone said of a recording.

    Parameters
    ----------
    eid, brain_region
        The recording.
    verdict
        "accepted" or "rejected".
    reason
        Why; one line.
    by
        Who.
    at
        When, ISO 8601 with its offset from UTC.
    code
        Version of the code that showed it.
    """

    eid: str
    brain_region: str
    verdict: str
    reason: str
    by: str
    at: str
    code: str


VERDICT_COLUMNS = tuple(field.name for field in fields(Verdict))
"""Columns of the table."""


def make_verdict(
    eid: str, brain_region: str, verdict: str, reason: str = "", by: str = ""
) -> Verdict:
    """Make a verdict of now.

    Parameters
    ----------
    eid, brain_region
        The recording.
    verdict
        "accepted" or "rejected".
    reason
        Why; line breaks become spaces.
    by
        Who; the user of this computer unless given.

    Returns
    -------
    Verdict
    """
    return Verdict(
        eid,
        brain_region,
        verdict,
        " ".join(reason.split()),
        by or user_name(),
        datetime.now(UTC).isoformat(timespec="milliseconds"),
        code_version(),
    )


def add_verdict(path: Path, verdict: Verdict) -> None:
    """Add a verdict to the table; it is on the disk when this returns.

    A row that a crash left unfinished is taken away first. Two viewers may add at the
    same time: each row is added in one piece.

    Parameters
    ----------
    path
        The table; made with its folder if it is not there.
    verdict
        It.

    Raises
    ------
    FileFault
        If it can't be written, or the file is no such table.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab+") as file:
            is_new = _end_whole(file)
            lines = [VERDICT_COLUMNS] if is_new else []
            row = tuple(asdict(verdict).values())
            append_durably(file, _format([*lines, row]))
    except OSError as error:
        raise FileFault(
            f"the verdict on {verdict.brain_region or 'a session'} was not kept.",
            session=verdict.eid,
            found=str(error),
            mend="free space on the disk, or see who may write to the folder",
        ) from error


def read_verdicts(path: Path) -> pd.DataFrame:
    """Read all that was ever said, in its order.

    Parameters
    ----------
    path
        The table; none yet is an empty one.

    Returns
    -------
    pandas.DataFrame
        Columns of `VERDICT_COLUMNS`, all str. A row without its end is left out: the
        writer was killed before it was told that the row is kept.

    Raises
    ------
    FileFault
        If the file can't be read, or is no such table.
    """
    try:
        text = path.read_bytes().decode("utf-8") if path.exists() else ""
    except (OSError, UnicodeDecodeError) as error:
        raise _make_fault(path, str(error)) from error
    whole = text[: text.rfind("\n") + 1]
    rows = [*csv.reader(io.StringIO(whole, newline=""))]
    if rows and tuple(rows[0]) != VERDICT_COLUMNS:
        raise _make_fault(path, ",".join(rows[0]))
    for place, row in enumerate(rows, start=1):
        if len(row) != len(VERDICT_COLUMNS):
            raise _make_fault(path, f"line {place}: {','.join(row)}")
    return pd.DataFrame(rows[1:], columns=[*VERDICT_COLUMNS], dtype=str)


def get_last_verdicts(verdicts: pd.DataFrame) -> pd.DataFrame:
    """Give the last word on each recording.

    Parameters
    ----------
    verdicts
        Of `read_verdicts`.

    Returns
    -------
    pandas.DataFrame
        One row for each (eid, brain_region).

    Examples
    --------
    >>> rows = [("s1", "VTA", "rejected"), ("s1", "VTA", "accepted")]
    >>> table = pd.DataFrame(rows, columns=["eid", "brain_region", "verdict"])
    >>> get_last_verdicts(table)["verdict"].tolist()
    ['accepted']
    """
    keys = ["eid", "brain_region"]
    return verdicts.drop_duplicates(keys, keep="last").reset_index(drop=True)


def _end_whole(file: BinaryIO) -> bool:
    """Cut an unfinished row off; say whether nothing is left, not even names."""
    file.seek(0)
    content = file.read()
    whole = content.rfind(b"\n") + 1
    if whole < len(content):
        file.truncate(whole)
    first = content[:whole].partition(b"\n")[0].rstrip(b"\r")
    if whole and first != _format([VERDICT_COLUMNS]).rstrip(b"\n"):
        raise OSError(f"it is no table of verdicts: {first[:80]!r}")
    return not whole


def _format(rows: list[tuple[str, ...]]) -> bytes:
    memory = io.StringIO(newline="")
    csv.writer(memory, lineterminator="\n").writerows(rows)
    return memory.getvalue().encode("utf-8")


def _make_fault(path: Path, found: str) -> FileFault:
    return FileFault(
        f'"{path.name}" can\'t be read as a table of verdicts.',
        found=found,
        wanted=",".join(VERDICT_COLUMNS),
        mend=f"correct {path}, or put it aside: the viewer begins a new one",
    )
