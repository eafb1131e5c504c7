"""What there is: sessions of each subject, recordings of each target, verdicts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ranvier.analysis.figures._axes import (
    SMALL,
    add_patches,
    count_on,
    dress,
    name_columns,
    name_rows,
    tell_nothing,
)
from ranvier.analysis.figures._style import (
    FAINT,
    NM_COLORS,
    QC_COLORS,
    QC_VALUES,
    SESSION_TYPE_COLORS,
    TARGETNM_POSITIONS,
    choose_colors,
    sort_targets,
)
from ranvier.analysis.figures._tables import (
    drop_unknown,
    explode_targets,
    find_first_target,
    find_passing,
    require,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    import pandas as pd
    from matplotlib.axes import Axes

_UNKNOWN = "unknown"
_CATALOGUE = 0.5  # opacity of sessions that do not pass


def session_overview_matrix(
    axes: Axes,
    sessions: pd.DataFrame,
    *,
    passing: Collection[str] | None = None,
    x: str = "session_n",
    title: str = "",
) -> Axes:
    """Draw a cell for each session: a row a subject, in colour of the session type.

    Sessions of the catalogue are drawn at half opacity, those that pass at full.
    Subjects are in the order of their first target; their names have the colour of the
    neuromodulator.

    Parameters
    ----------
    axes
        To draw on.
    sessions
        One row a session: subject, session_type, and `x`; target_NM and eid if there.
    passing
        `eid` of sessions that pass; None: all do.
    x
        Column: "session_n" (from 1) or "day_n" (from 0).
    title
        Of the axes.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    DataFault
        If a column is missing.
    """
    rows = _name_types(drop_unknown(sessions, "subject", x))
    if rows.empty:
        return tell_nothing(axes, title)
    rows = rows.assign(
        passes=find_passing(rows, passing), first=find_first_target(rows)
    )
    # Of two sessions in one cell the one that passes is seen.
    rows = rows.sort_values("passes", kind="stable")
    subjects = _order_subjects(rows)
    place = {name: i for i, name in enumerate(subjects.index)}
    first = int(rows[x].min())
    columns = (rows[x] - first).astype(int).to_numpy()
    cells = np.zeros((len(place), columns.max() + 1, 4))
    colors = choose_colors(rows["session_type"])
    cells[rows["subject"].map(place).to_numpy(), columns] = _paint(rows, colors)
    edges = np.arange(first, first + cells.shape[1] + 1) - 0.5
    axes.pcolormesh(
        edges,
        np.arange(len(place) + 1) - 0.5,
        cells,
        edgecolors="white",
        linewidth=0.4 if cells.shape[1] < 150 else 0.0,
    )
    axes.set_ylim(len(place) - 0.5, -0.5)
    unit = {"session_n": "Session", "day_n": "Day"}.get(x, x)
    dress(axes, title, unit)
    count_on(axes.xaxis)
    name_rows(axes, list(subjects.index), [_color_of_nm(t) for t in subjects])
    axes.tick_params(left=False)
    axes.spines["left"].set_visible(False)
    _add_types(axes, rows)
    return axes


def target_overview_barplot(
    axes: Axes,
    sessions: pd.DataFrame,
    *,
    passing: Collection[str] | None = None,
    title: str = "",
) -> Axes:
    """Draw the number of recordings of each target, stacked by session type.

    Parameters
    ----------
    axes
        To draw on.
    sessions
        Sessions (target_NM a list) or recordings: subject, session_type, target_NM.
    passing
        `eid` of sessions that pass; the others are drawn at half opacity.
    title
        Of the axes.

    Returns
    -------
    matplotlib.axes.Axes
        The number of subjects stands on each bar; of those with a session that passes,
        if `passing` is given.

    Raises
    ------
    DataFault
        If a column is missing.
    """
    table = explode_targets(sessions)
    rows = _name_types(drop_unknown(table, "subject", "target_NM"))
    if rows.empty:
        return tell_nothing(axes, title)
    rows = rows.assign(passes=find_passing(rows, passing))
    targets = sort_targets(rows["target_NM"])
    bottom = np.zeros(len(targets))
    colors = choose_colors(rows["session_type"])
    for passes, alpha in ((True, 1.0), (False, _CATALOGUE)):
        for kind in _order_types(rows["session_type"]):
            chosen = rows[(rows["session_type"] == kind) & (rows["passes"] == passes)]
            counts = chosen["target_NM"].value_counts().reindex(targets, fill_value=0)
            height = counts.to_numpy(np.float64)
            if not height.any():
                continue
            axes.bar(
                np.arange(len(targets)),
                height,
                bottom=bottom,
                width=0.7,
                color=colors[kind],
                alpha=alpha,
                linewidth=0,
            )
            bottom = bottom + height
    good = rows[rows["passes"]].groupby("target_NM")["subject"].nunique()
    for i, target in enumerate(targets):
        axes.text(
            i,
            bottom[i],
            f"N = {good.get(target, 0)}",
            ha="center",
            va="bottom",
            fontsize=SMALL,
        )
    axes.set_ylim(0, 1.08 * bottom.max())  # room for the numbers on the bars
    count_on(axes.yaxis)
    dress(axes, title, ylabel="Recordings")
    axes.set_xlim(-0.6, len(targets) - 0.4)
    name_columns(axes, targets)
    _add_types(axes, rows)
    return axes


def mouse_overview_barplot(
    axes: Axes,
    sessions: pd.DataFrame,
    *,
    passing: Collection[str] | None = None,
    title: str = "",
) -> Axes:
    """Draw the number of recordings of each subject, a row for each of its targets.

    Parameters
    ----------
    axes
        To draw on.
    sessions
        Sessions (target_NM a list) or recordings: subject, target_NM.
    passing
        `eid` of sessions that pass; the others are drawn at half opacity.
    title
        Of the axes.

    Returns
    -------
    matplotlib.axes.Axes
        Rows by target, then by falling number.

    Raises
    ------
    DataFault
        If a column is missing.
    """
    require(sessions, "subject", "target_NM")
    rows = drop_unknown(explode_targets(sessions), "subject", "target_NM")
    if rows.empty:
        return tell_nothing(axes, title)
    rows = rows.assign(passes=find_passing(rows, passing))
    counts = rows.groupby(["target_NM", "subject"])["passes"].agg(["sum", "size"])
    counts = counts.reset_index()
    order = {name: i for i, name in enumerate(sort_targets(counts["target_NM"]))}
    counts = counts.assign(place=counts["target_NM"].map(order)).sort_values(
        ["place", "sum", "size", "subject"], ascending=[True, False, False, True]
    )
    colors = choose_colors(counts["target_NM"])
    at = np.arange(len(counts))
    shades = [colors[name] for name in counts["target_NM"]]
    axes.barh(at, counts["size"], color=shades, alpha=_CATALOGUE, height=0.8)
    axes.barh(at, counts["sum"], color=shades, height=0.8)
    axes.set_ylim(len(counts) - 0.4, -0.6)
    count_on(axes.xaxis)
    dress(axes, title, "Recordings")
    name_rows(axes, list(counts["subject"].astype(str)))
    add_patches(axes, colors)
    return axes


def qc_grid(
    axes: Axes,
    table: pd.DataFrame,
    columns: Sequence[str] | None = None,
    *,
    labels: Sequence[str] | None = None,
    title: str = "",
) -> Axes:
    """Draw verdicts as a grid: a row a session, a column a check.

    Parameters
    ----------
    axes
        To draw on.
    table
        One row a session; verdicts as words (PASS, WARNING, CRITICAL, FAIL, NOT_SET) or
        as the numbers that stand for them.
    columns
        Checks; those that begin with "qc_" unless given, else all.
    labels
        Name of each row; the subjects, if they are there, unless given.
    title
        Of the axes.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    DataFault
        If a column is missing.
    """
    from matplotlib.colors import BoundaryNorm, ListedColormap

    if columns is None:
        found = [c for c in table.columns if str(c).startswith("qc_")]
        columns = found or [c for c in table.columns if c not in ("eid", "subject")]
    require(table, *columns)
    if table.empty or not len(columns):
        return tell_nothing(axes, title)
    grades = np.array([[_grade(v) for v in table[c]] for c in columns]).T
    n_rows, n_columns = grades.shape
    axes.pcolormesh(
        np.arange(n_columns + 1) - 0.5,
        np.arange(n_rows + 1) - 0.5,
        grades,
        cmap=ListedColormap(list(QC_COLORS.values())),
        norm=BoundaryNorm(np.arange(len(QC_COLORS) + 1) - 0.5, len(QC_COLORS)),
        edgecolors=FAINT,
        linewidth=0.3,
    )
    axes.set_ylim(n_rows - 0.5, -0.5)
    dress(axes, title)
    name_columns(axes, [str(c).removeprefix("qc_") for c in columns])
    if labels is None and "subject" in table:
        labels = [str(name) for name in table["subject"]]
    name_rows(axes, list(labels) if labels is not None else [""] * n_rows)
    seen = [list(QC_COLORS)[i] for i in np.unique(grades) if i]
    add_patches(axes, {name: QC_COLORS[name] for name in seen})
    return axes


def _grade(value: Any) -> int:
    names = list(QC_VALUES)
    if isinstance(value, str):
        return names.index(value) if value in names else 0
    if value is None or value != value:
        return 0
    numbers = np.array(list(QC_VALUES.values()))
    return int(np.argmin(np.abs(numbers - float(value))))


def _order_subjects(rows: pd.DataFrame) -> pd.Series:
    """Give the first target of each subject, in the order in which they are drawn."""
    first = rows.sort_values("first").groupby("subject")["first"].last()
    last = len(TARGETNM_POSITIONS)
    keys = [
        (TARGETNM_POSITIONS.get(target, last), target, str(subject))
        for subject, target in first.items()
    ]
    return first.iloc[sorted(range(len(keys)), key=keys.__getitem__)]


def _paint(rows: pd.DataFrame, colors: dict[str, str]) -> Any:
    from matplotlib.colors import to_rgba

    return [
        to_rgba(colors[str(kind)], 1.0 if passes else _CATALOGUE)
        for kind, passes in zip(rows["session_type"], rows["passes"], strict=True)
    ]


def _color_of_nm(target: str) -> str:
    return NM_COLORS.get(target.rpartition("-")[2], "black")


def _name_types(rows: pd.DataFrame) -> pd.DataFrame:
    """Give sessions whose type is not known one of their own."""
    require(rows, "session_type")
    types = rows["session_type"].astype(object)
    is_known = types.notna() & (types != "")
    return rows.assign(session_type=types.where(is_known, _UNKNOWN).astype(str))


def _order_types(types: pd.Series) -> list[str]:
    known = list(SESSION_TYPE_COLORS)
    names = {str(name) for name in types}
    return [n for n in known if n in names] + sorted(names - set(known))


def _add_types(axes: Axes, rows: pd.DataFrame) -> None:
    colors = choose_colors(rows["session_type"])
    names = _order_types(rows["session_type"])
    is_mixed = not bool(rows["passes"].all())
    add_patches(
        axes,
        {name: colors[name] for name in names},
        faint="not passing" if is_mixed else "",
    )
