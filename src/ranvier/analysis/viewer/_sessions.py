"""The sessions that the viewer goes through: those of a study, or one in memory."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from ranvier.analysis.files import (
    SESSION_SCHEMA,
    VERDICTS_PATH,
    add_verdict,
    get_last_verdicts,
    make_verdict,
    read_table,
    read_verdicts,
)
from ranvier.analysis.parameters import find_study, read_study
from ranvier.analysis.session import PhotometrySession
from ranvier.analysis.viewer._viewed import (
    Viewed,
    make_missing,
    open_h5,
    reach_raw,
    view_session,
)
from ranvier.core import AnalysisError, suggest

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from ranvier.analysis.pipeline import Catalog
    from ranvier.analysis.readers import SessionSource


class Kept:
    """Verdicts in a table on the disk; without one, they last as long as this does."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._said: dict[tuple[str, str], tuple[str, str]] = {}

    def read_verdicts(
        self, eid: str, regions: tuple[str, ...]
    ) -> list[tuple[str, str]]:
        """Give verdict and reason of each region, "" if there is none."""
        said = dict(self._said)
        if self._path is not None:
            last = get_last_verdicts(read_verdicts(self._path))
            for row in last.itertuples(index=False):
                key = str(row.eid), str(row.brain_region)
                said[key] = str(row.verdict), str(row.reason)
        return [said.get((eid, region), ("", "")) for region in regions]

    def keep(self, eid: str, region: str, verdict: str, reason: str) -> None:
        """Keep a verdict."""
        if self._path is not None:
            add_verdict(self._path, make_verdict(eid, region, verdict, reason))
        self._said[eid, region] = verdict, reason


class OneSession(Kept):
    """One session in memory."""

    def __init__(self, session: PhotometrySession, verdicts: Path | None) -> None:
        super().__init__(verdicts)
        self._session = session

    def __len__(self) -> int:
        return 1

    def open(self, place: int) -> Viewed:
        """Give it, ready to be drawn."""
        del place
        return view_session(self._session)


class StudySessions(Kept):
    """Sessions of a study, each loaded when it is looked at."""

    def __init__(self, folder: Path, rows: pd.DataFrame, *, with_raw: bool) -> None:
        path = find_study(folder)
        super().__init__(path.parent / VERDICTS_PATH)
        self._study = read_study(path)
        self._folder = path.parent
        self._rows = rows
        self._with_raw = with_raw

    def __len__(self) -> int:
        return len(self._rows)

    def open(self, place: int) -> Viewed:
        """Load a session; what is missing is said, and no fault."""
        row = self._rows.iloc[place]
        session = PhotometrySession(
            row,
            parameters=self._study.parameters,
            filepath=self._folder / "data" / "sessions" / f"{row['eid']}.h5",
        )
        problem = open_h5(session)
        if self._with_raw:
            viewed = reach_raw(session, self._open_source)
        else:
            viewed = Viewed(session, problems=("the raw signal was not asked for",))
        more = (problem,) if problem else ()
        return Viewed(session, viewed.bands, viewed.fitted, viewed.problems + more)

    @cached_property
    def _catalog(self) -> Catalog:
        # Only when a raw signal is wanted: it looks at where all sessions lie.
        from ranvier.analysis.pipeline import build_catalog

        return build_catalog(self._study, self._folder)

    def _open_source(self, eid: str) -> SessionSource:
        from ranvier.analysis.pipeline import open_place

        place = self._catalog.places.get(eid)
        if place is None:
            raise make_missing()
        return open_place(place)


def choose_sessions(
    rows: pd.DataFrame, subject: str = "", index: int | None = None, eid: str = ""
) -> tuple[pd.DataFrame, int]:
    """Choose the sessions to go through, and which is shown first.

    Parameters
    ----------
    rows
        The catalogue.
    subject
        Only this one's, by date; all by subject and date unless given.
    index
        Which of them is first, from the end if negative; of a subject the last one
        unless given, of all the first.
    eid
        This one is first; `index` is not looked at.

    Returns
    -------
    rows : pandas.DataFrame
        In order.
    place : int
        Of the first to be shown.

    Raises
    ------
    AnalysisError
        RV-A48 if there is none of this subject, index or eid.
    """
    kept = rows if not subject else rows[rows["subject"] == subject]
    keys = ["subject", "start_time", "number"]
    order = [key for key in keys if key in kept]
    kept = kept.sort_values(order, kind="stable").reset_index(drop=True)
    if eid:
        places = [i for i, name in enumerate(kept["eid"]) if str(name).startswith(eid)]
        wanted, known = f'eid "{eid}"', [str(name) for name in kept["eid"]]
        asked = eid
    else:
        first = index if index is not None else (-1 if subject else 0)
        places = [*range(len(kept))][first : first + 1 or None]
        wanted = f"session {first}" + (f' of "{subject}"' if subject else "")
        asked, known = subject, sorted({str(name) for name in rows["subject"]})
    if len(places) != 1:
        found = f"{len(places)} of {len(kept)} sessions"
        raise AnalysisError(
            "there is no such session to be shown.",
            code="RV-A48",
            found=found,
            wanted=wanted,
            mend=suggest(asked, known, "see metadata/sessions.pqt for what there is"),
        )
    return kept, places[0]


def read_rows(folder: Path) -> pd.DataFrame:
    """Read the catalogue of a study.

    Parameters
    ----------
    folder
        The study, or its file.

    Returns
    -------
    pandas.DataFrame

    Raises
    ------
    AnalysisError
        If there is no study.
    FileFault
        If its catalogue was not made, or can't be read.
    """
    return read_table(find_study(folder).parent / SESSION_SCHEMA.path, SESSION_SCHEMA)
