"""Coverage of a study: which sessions there are, and how far each one comes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pandas as pd

from ranvier.analysis.faults import list_families
from ranvier.analysis.figures import (
    make_figure,
    mouse_overview_barplot,
    save_figure,
    session_overview_matrix,
    target_overview_barplot,
)
from ranvier.analysis.files import (
    LOG_SCHEMA,
    PERFORMANCE_SCHEMA,
    SESSION_SCHEMA,
    deduplicate_log,
    read_log,
    read_table,
    write_table,
)
from ranvier.analysis.studies._keep import (
    Kept,
    digest_files,
    make_if_new,
    make_study_key,
)
from ranvier.analysis.studies._options import check_choice

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from ranvier.analysis.parameters import AnalysisParameters
    from ranvier.core import Reporter

COMMAND = "dataset_overview"
LEVELS: dict[str, tuple[str, ...]] = {
    "all": (),
    "raw_data": ("MissingRawData",),
    "complete": (
        "MissingExtractedData",
        "InsufficientTrials",
        "TrialsNotInPhotometryTime",
        "AmbiguousRegionMapping",
        "FileFault",
    ),
    "qc_passing": ("QCValidationError", "FewUniqueSamples", "SignalFault"),
    "video_ready": ("VideoFault",),
}
"""Each level of coverage, and the errors that a session of it must not have, beside
those of the levels before."""


def plot_dataset_overview(
    folder: Path,
    parameters: AnalysisParameters,
    reporter: Reporter | None = None,
    *,
    session_split: str = "session_type",
    session_x: str = "session_n",
) -> Kept:
    """Draw which sessions reach each level, and count recordings by target and subject.

    Parameters
    ----------
    folder
        The study; `metadata/sessions.pqt` must be there.
    parameters
        Of which `selection` says which sessions are looked at.
    reporter
        Is told how far it is.
    session_split
        What colours stand for: "session_type", or "proficient".
    session_x
        Place of a session in its row: "session_n" or "day_n".

    Returns
    -------
    Kept
        Nine figures below figures/dataset_overview, and metadata/errors.pqt.

    Raises
    ------
    FileFault
        If the table of sessions is missing or damaged.
    AnalysisError
        RV-A28 if `session_split` or `session_x` is another.
    """
    check_choice("session_split", session_split, ("session_type", "proficient"))
    check_choice("session_x", session_x, ("session_n", "day_n"))
    tables = [
        folder / SESSION_SCHEMA.path,
        folder / PERFORMANCE_SCHEMA.path,
        *sorted((folder / "metadata").glob("*_log.pqt")),
    ]
    settings = parameters.digest("selection", "vocabulary")
    key = make_study_key(digest_files(tables), settings, session_split, session_x)

    def make() -> list[Path]:
        return _make(folder, parameters, session_split, session_x)

    kept = make_if_new(folder, COMMAND, key, make)
    if reporter is not None:
        reporter.advance(COMMAND, 1, 1)
    return kept


def find_passing(
    sessions: pd.DataFrame, errors: pd.DataFrame
) -> dict[str, frozenset[str]]:
    """Find the sessions that reach each level.

    Parameters
    ----------
    sessions
        With `eid`.
    errors
        With `eid` and `error_type`; an error counts as each of its families too.

    Returns
    -------
    dict
        Level → eids.

    Examples
    --------
    >>> sessions = pd.DataFrame({"eid": ["a", "b"]})
    >>> errors = pd.DataFrame({"eid": ["b"], "error_type": ["EarlySamples"]})
    >>> {k: sorted(v) for k, v in find_passing(sessions, errors).items()}["qc_passing"]
    ['a']
    """
    kin = errors["error_type"].map(list_families)
    eids = frozenset(map(str, sessions["eid"]))
    blocked: set[str] = set()
    found: dict[str, frozenset[str]] = {}
    for level, more in LEVELS.items():
        blocked |= {*more}
        is_blocked = [not blocked.isdisjoint(names) for names in kin]
        found[level] = eids - {str(eid) for eid in errors.loc[is_blocked, "eid"]}
    return found


def _make(
    folder: Path, parameters: AnalysisParameters, split: str, x: str
) -> list[Path]:
    sessions = read_table(folder / SESSION_SCHEMA.path, SESSION_SCHEMA)
    logs = [read_log(path) for path in sorted((folder / "metadata").glob("*_log.pqt"))]
    none = pd.DataFrame(columns=[*LOG_SCHEMA.names], dtype=object)
    errors = deduplicate_log(pd.concat(logs)) if logs else none
    written = [folder / "metadata" / "errors.pqt"]
    write_table(errors, written[0], LOG_SCHEMA)
    shown = _select(sessions, parameters)
    if split == "proficient":
        shown = shown.assign(session_type=_split_proficient(folder, shown, parameters))
    passing = find_passing(shown, errors)
    place = folder / "figures" / COMMAND
    for level, eids in passing.items():
        figure = make_figure(*_size_of_matrix(shown, x))
        title = f"{level.replace('_', ' ')}: {len(eids)} of {len(shown)} sessions"
        session_overview_matrix(
            figure.subplots(), shown, passing=eids, x=x, title=title
        )
        written.append(save_figure(figure, place / f"sessions_{level}.svg"))
    written += _draw_bars(place, shown, passing["qc_passing"], parameters)
    return written


def _draw_bars(
    place: Path,
    shown: pd.DataFrame,
    passing: Collection[str],
    parameters: AnalysisParameters,
) -> list[Path]:
    written: list[Path] = []
    wanted = parameters.selection.targetnms
    recordings = shown.explode(["brain_region", "hemisphere", "target_NM"])
    kinds = {
        "valid": recordings,
        "analysed": recordings[recordings["target_NM"].isin(wanted)]
        if wanted
        else recordings,
    }
    draw: dict[str, Any] = {
        "targets": target_overview_barplot,
        "subjects": mouse_overview_barplot,
    }
    for kind, rows in kinds.items():
        for name, plot in draw.items():
            figure = make_figure(6.0, 4.0 if name == "targets" else _height(rows))
            plot(figure.subplots(), rows, passing=passing, title=f"{kind} {name}")
            written.append(save_figure(figure, place / f"{name}_{kind}.svg"))
    return written


def _select(sessions: pd.DataFrame, parameters: AnalysisParameters) -> pd.DataFrame:
    kinds = parameters.selection.session_types
    # Where no protocol is known there are no types to select by.
    has_types = sessions["session_type"].notna().any()
    shown = sessions[sessions["session_type"].isin(kinds)] if has_types else sessions
    known = parameters.vocabulary.target_nms
    if known:
        listed = cast("list[list[str]]", shown["target_NM"].tolist())
        shown = shown[[not {*known}.isdisjoint(names) for names in listed]]
    return shown.reset_index(drop=True)


def _split_proficient(
    folder: Path, shown: pd.DataFrame, parameters: AnalysisParameters
) -> pd.Series:
    path = folder / PERFORMANCE_SCHEMA.path
    least = parameters.selection.min_performance.get("training", 0.0)
    known = read_table(path, PERFORMANCE_SCHEMA) if path.exists() else pd.DataFrame()
    correct = (
        shown["eid"].map(known.set_index("eid")["fraction_correct"])
        if len(known)
        else pd.Series(float("nan"), shown.index)
    )
    is_good = (shown["session_type"] != "training") | (correct >= least)
    return is_good.map({True: "proficient", False: "not proficient"})


def _size_of_matrix(shown: pd.DataFrame, x: str) -> tuple[float, float]:
    longest = shown[x].max() if len(shown) else 0
    width = 3.0 + 0.14 * (0 if pd.isna(longest) else float(longest))
    return min(width, 24.0), _height(shown)


def _height(rows: pd.DataFrame) -> float:
    return min(1.6 + 0.22 * len(set(rows["subject"])), 24.0)
