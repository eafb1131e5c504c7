"""Which sessions of a catalogue are analysed: one function for each rule.

A rule gives the sessions that pass, or says why it can't be applied. It is never
skipped without a word.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypedDict

import numpy as np
import pandas as pd

from ranvier.analysis.faults import MetadataFault
from ranvier.analysis.group._last_rules import (
    DAY_RULE,
    VERDICTS_RULE,
    keep_one_a_day,
    leave_out_rejected,
)
from ranvier.analysis.group._notes import describe_step, expand_blockers, is_typed
from ranvier.analysis.group._waterfall import Waterfall, WaterfallStep
from ranvier.core import AnalysisError, suggest

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from ranvier.analysis.arrays import BoolArray
    from ranvier.analysis.group._catalog import GroupTables
    from ranvier.analysis.parameters import SelectionParameters


class SelectionRules(TypedDict, total=False):
    """Rules of `filter_sessions`; one that is not given is that of the parameters.

    False turns a rule off.
    """

    session_types: Collection[str] | bool | None
    exclude_subjects: Collection[str] | bool | None
    exclude_eids: Collection[str] | bool | None
    qc_blockers: Collection[str] | bool | None
    targetnms: Collection[str] | bool | None
    min_performance: Mapping[str, float] | float | bool | None
    required_contrasts: Collection[float] | bool | None
    lab: str | Collection[str] | bool | None
    start_time_min: str | bool | None
    use_verdicts: bool | None
    one_session_a_day: bool | None


@dataclass(frozen=True, eq=False)
class Selection:
    """What a selection leaves.

    Parameters
    ----------
    passing
        Sessions that pass, shape (n_sessions,).
    waterfall
        What each rule did.
    targets
        Targets of recordings to keep; None keeps all.
    rejected
        eid, fiber_idx of recordings that were rejected; None if that is not looked at.
    duplicates
        Table of errors: a TrueDuplicateSession for each day with several.
    """

    passing: BoolArray
    waterfall: Waterfall
    targets: tuple[str, ...] | None
    rejected: pd.MultiIndex | None
    duplicates: pd.DataFrame | None


class NotKnown(Exception):  # noqa: N818 - no error: it says why a rule is not applied
    """What a rule looks at is not known."""


def select_sessions(
    catalog: pd.DataFrame,
    tables: GroupTables,
    settings: SelectionParameters,
    rules: SelectionRules,
) -> Selection:
    """Tell which sessions of a catalogue pass.

    Parameters
    ----------
    catalog
        One row a session; with `logged_errors` if errors are known.
    tables
        Performance and verdicts, if known.
    settings
        What holds for rules that are not given.
    rules
        Those given.

    Returns
    -------
    Selection

    Raises
    ------
    AnalysisError
        RV-A08 if there is no rule of that name.
    """
    chosen = _choose(settings, rules)
    passing = np.ones(len(catalog), dtype=np.bool_)
    steps: list[WaterfallStep] = []
    for name, value in chosen.items():
        if value is None or value is False:
            continue
        before = passing
        n_before = int(before.sum())
        try:
            kept = _RULES[name](catalog, value, tables.performance)
        except NotKnown as reason:
            steps.append(WaterfallStep(name, n_before, n_before, str(reason), False))
            continue
        passing = before & kept
        note = describe_step(name, catalog, value, before, passing)
        steps.append(WaterfallStep(name, n_before, int(passing.sum()), note))
    wanted = chosen["targetnms"]
    targets = tuple(wanted) if wanted not in (None, False) else None
    rejected, duplicates = None, None
    # A group that is not of a study has no verdicts, and need not hear of them.
    is_judged = tables.verdicts is not None or rules.get(VERDICTS_RULE) is True
    if is_judged and _is_on(VERDICTS_RULE, settings, rules):
        judged = leave_out_rejected(catalog, passing, tables.verdicts, targets)
        passing, rejected = judged.passing, judged.rejected
        steps.append(judged.step)
    if _is_on(DAY_RULE, settings, rules):
        passing, duplicates, step = keep_one_a_day(catalog, passing)
        steps.append(step)
    told = Waterfall("filter_sessions", len(catalog), tuple(steps))
    return Selection(passing, told, targets, rejected, duplicates)


def _choose(settings: SelectionParameters, rules: SelectionRules) -> dict[str, Any]:
    names = [*_RULES, VERDICTS_RULE, DAY_RULE]
    unknown = [name for name in rules if name not in names]
    if unknown:
        raise AnalysisError(
            f'there is no rule "{unknown[0]}".',
            code="RV-A08",
            where="filter_sessions",
            wanted=", ".join(names),
            mend=suggest(unknown[0], names, "name one of these rules"),
        )
    usual = {name: getattr(settings, name, None) for name in _RULES}
    # Nothing in a list of what to leave out: the rule is off.
    usual |= {name: value or None for name, value in usual.items()}
    chosen = {name: rules.get(name) for name in _RULES}
    return {
        name: usual[name] if value is None or value is True else value
        for name, value in chosen.items()
    }


def _is_on(name: str, settings: SelectionParameters, rules: SelectionRules) -> bool:
    said = rules.get(name)
    return bool(getattr(settings, name) if said is None else said)


def _column(catalog: pd.DataFrame, name: str) -> pd.Series:
    if name not in catalog:
        raise NotKnown(f'the catalogue has no column "{name}"')
    return catalog[name]


def _pass_types(catalog: pd.DataFrame, value: Any, _: Any) -> BoolArray:
    types = _column(catalog, "session_type")
    typed = is_typed(types)
    if not typed.any():
        raise NotKnown("no session of the catalogue has a type")
    return ~typed | types.isin([*value]).to_numpy(np.bool_)


def _pass_subjects(catalog: pd.DataFrame, value: Any, _: Any) -> BoolArray:
    return ~_column(catalog, "subject").isin([*value]).to_numpy(np.bool_)


def _pass_eids(catalog: pd.DataFrame, value: Any, _: Any) -> BoolArray:
    return ~_column(catalog, "eid").isin([*value]).to_numpy(np.bool_)


def _pass_errors(catalog: pd.DataFrame, value: Any, _: Any) -> BoolArray:
    if "logged_errors" not in catalog:
        raise NotKnown("no errors were given, and there is no folder of sessions")
    blockers = expand_blockers(value)
    return np.array(
        [blockers.isdisjoint(errors) for errors in catalog["logged_errors"]], np.bool_
    )


def _pass_targets(catalog: pd.DataFrame, value: Any, _: Any) -> BoolArray:
    wanted = set(value)
    lists = _column(catalog, "target_NM")
    return np.array([not wanted.isdisjoint(targets) for targets in lists], np.bool_)


def _pass_performance(
    catalog: pd.DataFrame, value: Any, performance: pd.DataFrame | None
) -> BoolArray:
    scored = _join(catalog, performance, "fraction_correct").astype(np.float64)
    if isinstance(value, float | int):
        least = np.full(len(catalog), float(value))
    else:
        types = _column(catalog, "session_type")
        least = types.map(dict(value)).to_numpy(np.float64)
    # A type that is not listed passes; one that is listed needs a known fraction.
    return np.isnan(least) | (scored.to_numpy() >= least)


def _pass_contrasts(
    catalog: pd.DataFrame, value: Any, performance: pd.DataFrame | None
) -> BoolArray:
    wanted = {round(float(each), 6) for each in value}
    shown = _join(catalog, performance, "contrasts")
    return np.array(
        [
            each is not None
            and np.ndim(each) == 1
            and {round(float(c), 6) for c in each} == wanted
            for each in shown
        ],
        np.bool_,
    )


def _pass_lab(catalog: pd.DataFrame, value: Any, _: Any) -> BoolArray:
    labs = [value] if isinstance(value, str) else [*value]
    return _column(catalog, "lab").isin(labs).to_numpy(np.bool_)


def _pass_start(catalog: pd.DataFrame, value: Any, _: Any) -> BoolArray:
    # Of the subject's first session, so that a subject is in whole or out.
    start = pd.to_datetime(_column(catalog, "start_time").str.slice(0, 19))
    try:
        least = pd.Timestamp(str(value)).tz_localize(None)
    except ValueError:
        raise MetadataFault(
            "the least start of a session is no time.",
            found=str(value),
            wanted="ISO 8601, as 2024-11-05",
            mend="correct start_time_min",
        ) from None
    first = start.groupby(_column(catalog, "subject")).transform("min")
    return (first >= least).to_numpy(np.bool_)


def _join(
    catalog: pd.DataFrame, performance: pd.DataFrame | None, name: str
) -> pd.Series:
    if performance is None or name not in performance:
        return _column(catalog, name)
    table = performance.drop_duplicates("eid").set_index("eid")[name]
    return catalog["eid"].map(table)


_RULES: dict[str, Callable[[pd.DataFrame, Any, Any], BoolArray]] = {
    "session_types": _pass_types,
    "exclude_subjects": _pass_subjects,
    "exclude_eids": _pass_eids,
    "qc_blockers": _pass_errors,
    "targetnms": _pass_targets,
    "min_performance": _pass_performance,
    "required_contrasts": _pass_contrasts,
    "lab": _pass_lab,
    "start_time_min": _pass_start,
}
