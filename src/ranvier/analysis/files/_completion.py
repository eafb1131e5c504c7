"""Gaps in a catalogue, filled from what is known of the same subject.

Regions first, then hemispheres, then from the table of fibres, then the names, then
the targets: in this order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ranvier.analysis.files._catalog import bare_region
from ranvier.analysis.files._schemas import PARALLEL_LISTS, is_list

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def fill_empty_lists_from_group(
    frame: pd.DataFrame, column: str, group_column: str = "subject"
) -> pd.DataFrame:
    """Fill empty lists from the other rows of their group, if these agree.

    Parameters
    ----------
    frame
        Any table.
    column
        List column to fill; a cell that is no list stays as it is.
    group_column
        What makes a group.

    Returns
    -------
    pandas.DataFrame
        A copy. Groups with no filled list, or with several different ones, stay.
    """
    return fill_parallel_lists_from_group(frame, [column], group_column)


def fill_parallel_lists_from_group(
    frame: pd.DataFrame, columns: Sequence[str], group_column: str = "subject"
) -> pd.DataFrame:
    """Fill empty parallel lists together from the other rows of their group.

    A row with an empty list in any of the columns takes all of them from the rows that
    have every one filled and of one length, if all such rows of its group agree.

    Parameters
    ----------
    frame
        Any table.
    columns
        List columns that belong together.
    group_column
        What makes a group.

    Returns
    -------
    pandas.DataFrame
        A copy. Groups without such a row, or with rows that differ, stay.

    Examples
    --------
    >>> frame = pd.DataFrame({"subject": ["a", "a"], "brain_region": [["VTA"], []]})
    >>> fill_parallel_lists_from_group(frame, ["brain_region"])["brain_region"].tolist()
    [['VTA'], ['VTA']]
    """
    cells = {name: list(frame[name]) for name in columns}
    known: dict[Any, set[tuple[tuple[Any, ...], ...]]] = {}
    groups = list(frame[group_column])
    for row, group in enumerate(groups):
        lists = [cells[name][row] for name in columns]
        lengths = {len(value) if is_list(value) else 0 for value in lists}
        if len(lengths) == 1 and lengths != {0}:
            known.setdefault(group, set()).add(tuple(map(tuple, lists)))
    for row, group in enumerate(groups):
        lists = [cells[name][row] for name in columns]
        has_gap = any(is_list(value) and len(value) == 0 for value in lists)
        sources = known.get(group, set())
        if has_gap and len(sources) == 1:
            (source,) = sources
            for name, value in zip(columns, source, strict=True):
                cells[name][row] = [*value]
    return frame.assign(**{name: _to_column(cells[name], frame) for name in columns})


def fill_brain_region_from_fibers(
    frame: pd.DataFrame, fibers: pd.DataFrame
) -> pd.DataFrame:
    """Fill regions and hemispheres from the table of fibres.

    Parameters
    ----------
    frame
        Sessions, with `subject`, `brain_region` and `hemisphere`.
    fibers
        Fibres, with `subject`, `targeted_region` and `X-ml_um` (µm, left positive, as
        the reference has it).

    Returns
    -------
    pandas.DataFrame
        A copy. A session without regions takes all fibres of its subject; hemispheres
        that are not known are taken from the coordinate, and are "" where a subject
        has fibres in the region on both sides, or on the midline.
    """
    side = np.select([fibers["X-ml_um"] > 0, fibers["X-ml_um"] < 0], ["l", "r"], "")
    of_subject: dict[Any, list[str]] = {}
    sides: dict[tuple[Any, str], set[str]] = {}
    for subject, region, hemisphere in zip(
        fibers["subject"], fibers["targeted_region"], side, strict=True
    ):
        of_subject.setdefault(subject, []).append(str(region))
        sides.setdefault((subject, str(region)), set()).add(str(hemisphere))
    regions: list[Any] = []
    hemispheres: list[Any] = []
    for subject, named, halves in zip(
        frame["subject"], frame["brain_region"], frame["hemisphere"], strict=True
    ):
        names = list(named) if is_list(named) else []
        names = names or of_subject.get(subject, [])
        told = list(halves) if is_list(halves) else []
        told += [""] * (len(names) - len(told))
        regions.append([*names])
        hemispheres.append(
            [
                half or _only(sides.get((subject, bare_region(str(name))), set()))
                for name, half in zip(names, told, strict=False)
            ]
        )
    return frame.assign(
        brain_region=_to_column(regions, frame),
        hemisphere=_to_column(hemispheres, frame),
    )


def fix_brain_regions(
    frame: pd.DataFrame, region_fixes: Mapping[str, str]
) -> pd.DataFrame:
    """Put the right names of regions in place of wrong ones.

    Parameters
    ----------
    frame
        Sessions, with the list column `brain_region`.
    region_fixes
        Name → the right name; a hemisphere at its end stays.

    Returns
    -------
    pandas.DataFrame
        A copy.

    Examples
    --------
    >>> frame = pd.DataFrame({"brain_region": [["DRN-l", "VTA"]]})
    >>> fix_brain_regions(frame, {"DRN": "DR"})["brain_region"].iloc[0]
    ['DR-l', 'VTA']
    """
    fixed = [
        [_fix(str(name), region_fixes) for name in names] if is_list(names) else names
        for names in frame["brain_region"]
    ]
    return frame.assign(brain_region=_to_column(fixed, frame))


def derive_target_nm(frame: pd.DataFrame, targets: Mapping[str, str]) -> pd.DataFrame:
    """Make neuromodulator and targets of each session from its regions.

    Parameters
    ----------
    frame
        Sessions, with the list column `brain_region`, and maybe `NM`.
    targets
        Region → its neuromodulator. A region that is not there takes the `NM` that the
        session had.

    Returns
    -------
    pandas.DataFrame
        A copy with `target_NM`, one for each region (None where nothing is known), and
        `NM`, that of the regions; the old one where they say none or several.

    Examples
    --------
    >>> frame = pd.DataFrame({"brain_region": [["VTA-l"]], "NM": [None]})
    >>> derive_target_nm(frame, {"VTA": "DA"})[["NM", "target_NM"]].values.tolist()
    [['DA', ['VTA-DA']]]
    """
    said: list[Any] = list(frame["NM"]) if "NM" in frame else [None] * len(frame)
    names, labels = [], []
    for regions, old in zip(frame["brain_region"], said, strict=True):
        known = old if isinstance(old, str) and old else None
        bare = [bare_region(str(name)) for name in regions] if is_list(regions) else []
        found = {targets[name] for name in bare if name in targets}
        names.append(next(iter(found)) if len(found) == 1 else known)
        each = [targets.get(name, known) for name in bare]
        labels.append(
            [
                f"{name}-{nm}" if name and nm else None
                for name, nm in zip(bare, each, strict=True)
            ]
        )
    return frame.assign(
        NM=pd.Series(names, frame.index, dtype=object),
        target_NM=_to_column(labels, frame),
    )


def complete_catalog(
    frame: pd.DataFrame,
    *,
    fibers: pd.DataFrame | None = None,
    region_fixes: Mapping[str, str] | None = None,
    targets: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """Fill what is missing in a catalogue, in the order that it must be done in.

    Parameters
    ----------
    frame
        Sessions of `SESSION_SCHEMA`.
    fibers
        As in `fill_brain_region_from_fibers`.
    region_fixes
        As in `fix_brain_regions`.
    targets
        As in `derive_target_nm`.

    Returns
    -------
    pandas.DataFrame
        A copy.
    """
    frame = fill_empty_lists_from_group(frame, "brain_region")
    frame = fill_parallel_lists_from_group(frame, PARALLEL_LISTS[:2])
    if fibers is not None:
        frame = fill_brain_region_from_fibers(frame, fibers)
    frame = fix_brain_regions(frame, region_fixes or {})
    return derive_target_nm(frame, targets or {})


def _fix(name: str, region_fixes: Mapping[str, str]) -> str:
    bare = bare_region(name)
    return region_fixes.get(bare, bare) + name[len(bare) :]


def _only(sides: set[str]) -> str:
    return next(iter(sides)) if len(sides) == 1 else ""


def _to_column(values: Sequence[Any], frame: pd.DataFrame) -> pd.Series:
    cells = np.empty(len(values), dtype=object)
    for row, value in enumerate(values):
        cells[row] = value
    return pd.Series(cells, index=frame.index)
