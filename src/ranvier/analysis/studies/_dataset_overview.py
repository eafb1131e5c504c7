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
    VERDICTS_PATH,
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
from ranvier.analysis.studies._work import StudyWork

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from ranvier.analysis.parameters import AnalysisParameters
    from ranvier.core import Reporter

COMMAND = "dataset_overview"
_VIDEO_LOG = "metadata/video_log.pqt"
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
        Eight figures below figures/dataset_overview (nine if the stage `video` was
        done), and metadata/errors.pqt. "valid" counts recordings of the session types
        and targets that are looked at; "analysed" those that all rules of the selection
        leave to a group.

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
        folder / VERDICTS_PATH,
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
    if not (folder / _VIDEO_LOG).is_file():  # nothing was looked at: nothing is ready
        del passing["video_ready"]
    place = folder / "figures" / COMMAND
    for level, eids in passing.items():
        figure = make_figure(*_size_of_matrix(shown, x))
        title = f"{level.replace('_', ' ')}: {len(eids)} of {len(shown)} sessions"
        session_overview_matrix(
            figure.subplots(), shown, passing=eids, x=x, title=title
        )
        written.append(save_figure(figure, place / f"sessions_{level}.svg"))
    analysed = _find_analysed(folder, shown, parameters)
    written += _draw_bars(place, shown, analysed, passing["qc_passing"])
    return written


def _find_analysed(
    folder: Path, shown: pd.DataFrame, parameters: AnalysisParameters
) -> pd.DataFrame:
    """Give the recordings that the group of the parameters has, as they are shown."""
    group = StudyWork(folder, parameters).select()
    kinds = shown.set_index("eid")["session_type"]
    recordings = group.recordings
    own = recordings[recordings["eid"].isin(kinds.index)]
    return own.assign(session_type=own["eid"].map(kinds))


def _draw_bars(
    place: Path,
    shown: pd.DataFrame,
    analysed: pd.DataFrame,
    passing: Collection[str],
) -> list[Path]:
    written: list[Path] = []
    valid = shown.explode(["brain_region", "hemisphere", "target_NM"])
    kinds: dict[str, tuple[pd.DataFrame, Collection[str] | None]] = {
        "valid": (valid, passing),
        "analysed": (analysed, None),
    }
    draw: dict[str, Any] = {
        "targets": target_overview_barplot,
        "subjects": mouse_overview_barplot,
    }
    for kind, (rows, good) in kinds.items():
        for name, plot in draw.items():
            figure = make_figure(6.0, 4.0 if name == "targets" else _height(rows))
            plot(figure.subplots(), rows, passing=good, title=f"{kind} {name}")
            written.append(save_figure(figure, place / f"{name}_{kind}.svg"))
    return written


def _select(sessions: pd.DataFrame, parameters: AnalysisParameters) -> pd.DataFrame:
    kinds = parameters.selection.session_types
    # As in a group: a session whose type nobody knows is not of a wrong one.
    types = sessions["session_type"]
    is_typed = types.notna() & (types != "")
    shown = sessions[~is_typed | types.isin(kinds)]
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
