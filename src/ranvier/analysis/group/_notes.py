"""What a rule tells of itself: what it asks for, what it met."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from ranvier.analysis import faults

if TYPE_CHECKING:
    from collections.abc import Collection

    import pandas as pd

    from ranvier.analysis.arrays import BoolArray


def expand_blockers(names: Collection[str]) -> set[str]:
    """Give the names of errors with those of their kinds.

    Parameters
    ----------
    names
        Of faults: "QCValidationError".

    Returns
    -------
    set of str
        Those, and every fault that is one of them: "BandInversion".

    Examples
    --------
    >>> sorted(expand_blockers(["QCValidationError"]))
    ['BandInversion', 'EarlySamples', 'QCValidationError']
    """
    known = {
        name: found
        for name in faults.__all__
        if isinstance(found := getattr(faults, name), type)
    }
    wanted = tuple(known[name] for name in names if name in known)
    kinds = {name for name, kind in known.items() if issubclass(kind, wanted)}
    return set(names) | kinds


def describe_step(
    name: str, catalog: pd.DataFrame, value: Any, before: BoolArray, after: BoolArray
) -> str:
    """Say what a rule asks for, or what it met.

    Parameters
    ----------
    name
        Of the rule.
    catalog
        One row a session.
    value
        What the rule asks for.
    before, after
        Sessions that pass before and after it.

    Returns
    -------
    str
    """
    if name == "qc_blockers":
        return _note_errors(catalog, expand_blockers(value), before & ~after)
    if name == "session_types":
        return _note_types(catalog, _describe(value), after)
    return _describe(value)


def is_typed(types: pd.Series) -> BoolArray:
    """Say of which sessions the type is known; one that is not is stored as ""."""
    return (types.notna() & (types != "")).to_numpy(np.bool_)


def _describe(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, float | int):
        return f"{value:g}"
    if isinstance(value, Mapping):
        return ", ".join(f"{kind} {least:g}" for kind, least in value.items())
    words = [f"{each:g}" if isinstance(each, float) else str(each) for each in value]
    return ", ".join(words) if len(words) <= 5 else f"{len(words)} named"


def _note_errors(
    catalog: pd.DataFrame, blockers: Collection[str], left_out: BoolArray
) -> str:
    met: Counter[str] = Counter()
    for errors in catalog["logged_errors"][left_out]:
        met.update(sorted(set(errors).intersection(blockers)))
    return ", ".join(f"{name} {n}" for name, n in met.most_common()) or "none was met"


def _note_types(catalog: pd.DataFrame, wanted: str, passing: BoolArray) -> str:
    n_unknown = int((~is_typed(catalog["session_type"]) & passing).sum())
    return f"{wanted}; {n_unknown} without a type pass" if n_unknown else wanted
