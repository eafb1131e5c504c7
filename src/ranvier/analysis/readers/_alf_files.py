"""ALF by names: sessions in a tree of folders, datasets in a session, one read each."""

from __future__ import annotations

import json
import re
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from ranvier.analysis.faults import FileFault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ranvier.analysis.arrays import FloatArray

__all__ = [
    "Dataset",
    "SessionPlace",
    "find_sessions",
    "list_alf",
    "parse_session_path",
    "read_array",
    "read_cache_table",
    "read_jsonable",
]

_DATE = re.compile(r"^\d{4}-\d{2}-\d{2}$")
_NUMBER = re.compile(r"^\d{1,3}$")
_NAME = re.compile(
    r"^(?:_(?P<namespace>[A-Za-z0-9]+)_)?(?P<object>[A-Za-z0-9]+)"
    r"\.(?P<attribute>\w+?)(?:\.(?P<extra>[\w.-]+))?\.(?P<extension>[A-Za-z0-9]+)$"
)
_REVISION = re.compile(r"^#(?P<name>.*)#$")
_DEEPEST = 6
# Of the path alone, so that a session has one eid wherever its folder is copied to.
_EIDS = uuid.uuid5(uuid.NAMESPACE_URL, "ranvier:alf")


class SessionPlace(NamedTuple):
    """What the path of a session folder says.

    Parameters
    ----------
    path
        The folder.
    lab
        "" where the path has none.
    subject, date, number
        `date` as "2024-11-05".
    """

    path: Path
    lab: str
    subject: str
    date: str
    number: int

    @property
    def eid(self) -> str:
        """An eid made of subject, date and number; always the same."""
        return str(uuid.uuid5(_EIDS, f"{self.subject}/{self.date}/{self.number:03d}"))


class Dataset(NamedTuple):
    """A file of a session, by the parts of its name.

    Parameters
    ----------
    path
        The file.
    collection
        Folder within the session, revision left out: "alf/task_00".
    revision
        "2024-01-01", or "".
    object, attribute, extension
        "trials", "table", "pqt".
    """

    path: Path
    collection: str
    revision: str
    object: str
    attribute: str
    extension: str


def parse_session_path(path: str | Path) -> SessionPlace:
    """Read lab, subject, date and number from the path of a session.

    Parameters
    ----------
    path
        …/lab/Subjects/subject/date/number or …/subject/date/number; also
        …/subject_date_number.

    Returns
    -------
    SessionPlace

    Raises
    ------
    FileFault
        If it is no such path.

    Examples
    --------
    >>> parse_session_path("/data/lab/Subjects/CQ002/2024-11-05/001")[1:]
    ('lab', 'CQ002', '2024-11-05', 1)
    """
    path = Path(path)
    parts = path.parts
    if len(parts) >= 3 and _DATE.match(parts[-2]) and _NUMBER.match(parts[-1]):
        has_lab = len(parts) >= 5 and parts[-4] == "Subjects"
        lab = path.parents[3].name if has_lab else ""
        return SessionPlace(path, lab, parts[-3], parts[-2], int(parts[-1]))
    flat = path.name.rsplit("_", 2)
    if len(flat) == 3 and _DATE.match(flat[1]) and _NUMBER.match(flat[2]):
        return SessionPlace(path, "", flat[0], flat[1], int(flat[2]))
    raise FileFault(
        f"{path.name} is not the folder of a session.", session=str(path),
        wanted="…/subject/date/number, as …/CQ002/2024-11-05/001",
        mend="give the folder of one session, or find them with find_sessions",
    )  # fmt: skip


def find_sessions(root: str | Path) -> list[SessionPlace]:
    """Find the session folders below a folder.

    Parameters
    ----------
    root
        Of lab/Subjects/subject/date/number, or subject/date/number; or one session.

    Returns
    -------
    list of SessionPlace
        Sorted by path; what lies in sessions is not looked at.

    Raises
    ------
    FileFault
        If there is no such folder.
    """
    root = Path(root)
    if not root.is_dir():
        raise FileFault(
            "the folder of sessions is not there.", session=str(root),
            mend="correct the path, or copy the sessions there",
        )  # fmt: skip
    root = root.resolve()
    paths = [root] if _is_session(root) else list(_walk(root, 0))
    return [parse_session_path(path) for path in sorted(paths, key=lambda p: p.parts)]


def _is_session(path: Path) -> bool:
    is_flat = re.search(r"_\d{4}-\d{2}-\d{2}_\d{1,3}$", path.name)
    in_date = _DATE.match(path.parent.name) and _NUMBER.match(path.name)
    return bool(is_flat or in_date)


def _walk(folder: Path, depth: int) -> Iterator[Path]:
    if depth > _DEEPEST:
        return
    for each in folder.iterdir():
        if not each.is_dir() or each.name.startswith("."):
            continue
        if _is_session(each):
            yield each
        else:
            yield from _walk(each, depth + 1)


def list_alf(folder: Path) -> list[Dataset]:
    """List the datasets of a session by their ALF names; of each the newest revision.

    Returns
    -------
    list of Dataset
        Sorted by collection and name; files of other names are left out.
    """
    newest: dict[tuple[str, str, str, str], Dataset] = {}
    for path in sorted(folder.rglob("*")):
        hit = _NAME.match(path.name)
        if hit is None or not path.is_file():
            continue
        parts = path.relative_to(folder).parent.parts
        revisions = [m["name"] for part in parts if (m := _REVISION.match(part))]
        collection = "/".join(part for part in parts if not _REVISION.match(part))
        extension = "pqt" if hit["extension"] == "parquet" else hit["extension"]
        dataset = Dataset(
            path, collection, revisions[-1] if revisions else "",
            hit["object"], hit["attribute"], extension,
        )  # fmt: skip
        key = (collection, dataset.object, dataset.attribute, extension)
        known = newest.get(key)
        if known is None or known.revision <= dataset.revision:
            newest[key] = dataset
    return [newest[key] for key in sorted(newest)]


def read_array(path: Path, session: str = "") -> FloatArray:
    """Read an .npy file of numbers.

    Returns
    -------
    numpy.ndarray
        float64.

    Raises
    ------
    FileFault
        If it is empty, cut short or holds no numbers.
    """
    try:
        values = np.load(path, allow_pickle=False)
        numbers = np.asarray(values, dtype=np.float64)
    except (OSError, ValueError, EOFError, TypeError) as error:
        raise FileFault(
            f"{path.name} can't be read: it is damaged, cut short, or no array.",
            session=session, found=f"{path}: {error}",
        ) from error  # fmt: skip
    if not numbers.size:
        raise FileFault(f"{path.name} is empty.", session=session, found=str(path))
    return numbers


def read_jsonable(path: Path, session: str = "") -> list[dict[str, Any]]:
    """Read a file of one JSON object a line.

    Returns
    -------
    list of dict

    Raises
    ------
    FileFault
        If a line is not JSON (a last one that was cut short too), or there is none.
    """
    found: list[dict[str, Any]] = []
    try:
        for line in path.read_text("utf-8").splitlines():
            if line.strip():
                found.append(json.loads(line))  # noqa: PERF401 - the line is told
    except (OSError, ValueError) as error:
        raise FileFault(
            f"{path.name} can't be read: a line is not JSON.", session=session,
            found=f"{path}, line {len(found) + 1}: {error}",
            mend="take off the line if the task was cut off there, else get it anew",
        ) from error  # fmt: skip
    if not found:
        raise FileFault(f"{path.name} holds no line.", session=session, found=str(path))
    return found


def read_cache_table(folder: Path) -> pd.DataFrame | None:
    """Read the table of sessions that ONE keeps in a folder above a session.

    Returns
    -------
    pandas.DataFrame or None
        None if there is none, or it is of a form that is not known.
    """
    for parent in folder.parents[:_DEEPEST]:
        path = parent / "sessions.pqt"
        if path.is_file():
            try:
                table = pd.read_parquet(path)
            except (OSError, ValueError):
                return None
            known = {"subject", "date", "number"} <= set(table.reset_index().columns)
            return table if known else None
    return None
