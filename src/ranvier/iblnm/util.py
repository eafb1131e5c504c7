"""Tables of sessions, of errors and of quality: collected, completed, cleaned."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ranvier.analysis import files
from ranvier.analysis.faults import LOG_COLUMNS, exception_logger
from ranvier.analysis.files import (
    SESSION_SCHEMA,
    add_dataset_flags,
    aggregate_qc_per_session,
    collect_catalog,
    collect_errors,
    collect_qc,
    collect_session_errors,
    concat_logs,
    deduplicate_log,
    enforce_schema,
    fill_brain_region_from_fibers,
    fill_empty_lists_from_group,
    fill_parallel_lists_from_group,
    get_session_length,
    has_dataset_category,
    resolve_duplicate_group,
    traj2coord,
    validate_parallel_lists,
)
from ranvier.analysis.session import to_list
from ranvier.analysis.statistics import make_contrast_coding
from ranvier.iblnm.config import (
    EXCLUDE_SESSION_TYPES,
    REQUIRED_CONTRASTS,
    make_parameters,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    import pandas as pd

    from ranvier.analysis.arrays import ArrayLike, FloatArray


@exception_logger
def get_session_type(session: Any) -> Any:
    """Tell the type of a session by its protocol, among those of the IBL.

    Parameters
    ----------
    session
        Its row, with `task_protocol`.

    Returns
    -------
    Series or dict
        A copy with `session_type`.

    Raises
    ------
    InvalidSessionType
        If the protocol names none, several, or a red flag.

    Examples
    --------
    >>> row = {"eid": "s1", "task_protocol": "_iblrig_tasks_ephysChoiceWorld6.4.2"}
    >>> get_session_type(row)["session_type"]
    'ephys'
    """
    names = make_parameters().vocabulary
    return files.get_session_type(
        session, names.session_types, names.protocol_red_flags
    )


@exception_logger
def get_targetNM(session: Any) -> Any:  # noqa: N802 - the seed's name
    """Make the targets of a session from its regions and its neuromodulator.

    Parameters
    ----------
    session
        Its row, with `brain_region` and `NM`; its `target_NM` is set.

    Returns
    -------
    Series or dict
        The row.

    Raises
    ------
    InvalidTargetNM
        If a target is not one of the IBL's.
    """
    return files.get_targetNM(session, make_parameters().vocabulary.target_nms)


def has_dataset(session: Any, dataset: str) -> bool:
    """Tell whether a dataset is listed.

    Parameters
    ----------
    session
        Its row, with `datasets`.
    dataset
        File name, or relative path.

    Returns
    -------
    bool

    Examples
    --------
    >>> has_dataset({"datasets": ["alf/licks.times.npy"]}, "licks.times.npy")
    True
    """
    return has_dataset_category(to_list(session["datasets"]), [dataset])


def clean_sessions(
    df: pd.DataFrame,
    exclude_subjects: Collection[str] | None = None,
    exclude_session_types: Collection[str] = EXCLUDE_SESSION_TYPES,
) -> pd.DataFrame:
    """Leave out subjects and types of session that are not analysed.

    Parameters
    ----------
    df
        Sessions.
    exclude_subjects
        Those of `config.SUBJECTS_TO_EXCLUDE` unless given.
    exclude_session_types
        Types.

    Returns
    -------
    pandas.DataFrame
        The others.
    """
    if exclude_subjects is None:
        exclude_subjects = make_parameters().vocabulary.excluded_subjects
    return files.clean_sessions(df, exclude_subjects, exclude_session_types)[0]


def fix_brain_regions(df: pd.DataFrame) -> pd.DataFrame:
    """Put the right names of regions in place of DRN and SNC.

    Parameters
    ----------
    df
        Sessions, with the list column `brain_region`.

    Returns
    -------
    pandas.DataFrame
        A copy.
    """
    return files.fix_brain_regions(df, make_parameters().vocabulary.region_fixes)


def derive_target_nm(df: pd.DataFrame) -> pd.DataFrame:
    """Make neuromodulator and targets from the regions, by the IBL's targets.

    Parameters
    ----------
    df
        Sessions, with the list column `brain_region`.

    Returns
    -------
    pandas.DataFrame
        A copy with `NM` and `target_NM`.
    """
    return files.derive_target_nm(df, make_parameters().vocabulary.targets)


def df2pqt(df: pd.DataFrame, path: Path | str, timestamp: str | None = None) -> Path:
    """Write a table as parquet.

    Parameters
    ----------
    df
        Any table; columns of mixed types become text.
    path
        The file; it is replaced as a whole.
    timestamp
        Added to the name of the file.

    Returns
    -------
    pathlib.Path
        What was written.

    Raises
    ------
    AnalysisError
        If it can't be written.
    """
    file = Path(path)
    if timestamp is not None:
        file = file.with_stem(f"{file.stem}_{timestamp}")
    files.write_table(df, file)
    return file


def contrast_transform(contrast: ArrayLike, coding: Any = "log") -> FloatArray:
    """Code contrasts.

    Parameters
    ----------
    contrast
        Percent, unsigned.
    coding
        "log": ln(c + 1); "log2", "linear", "rank".

    Returns
    -------
    numpy.ndarray
        Same shape.

    Raises
    ------
    AnalysisError
        If a contrast has no code, or `coding` is another.
    """
    return make_contrast_coding(contrast, coding, centre=False).code(contrast)


def contrast_inverse(coded: ArrayLike, coding: Any = "log") -> FloatArray:
    """Give the contrasts of codes.

    Parameters
    ----------
    coded
        Of `contrast_transform`; ranks are those of the IBL's five contrasts.
    coding
        As of `contrast_transform`.

    Returns
    -------
    numpy.ndarray
        Percent.

    Raises
    ------
    AnalysisError
        If `coding` is another.

    Examples
    --------
    >>> contrast_inverse([0, 4], "rank").tolist()
    [0.0, 100.0]
    """
    levels = sorted(REQUIRED_CONTRASTS)
    return make_contrast_coding(levels, coding, centre=False).decode(coded)


def get_contrast_coding(
    coding: str = "log",
) -> tuple[Callable[[ArrayLike], FloatArray], Callable[[ArrayLike], FloatArray]]:
    """Give a way to code contrast, and its way back.

    Parameters
    ----------
    coding
        As of `contrast_transform`.

    Returns
    -------
    transform, inverse : callable
    """
    return (
        partial(contrast_transform, coding=coding),
        partial(contrast_inverse, coding=coding),
    )


__all__ = [
    "LOG_COLUMNS",
    "SESSION_SCHEMA",
    "add_dataset_flags",
    "aggregate_qc_per_session",
    "clean_sessions",
    "collect_catalog",
    "collect_errors",
    "collect_qc",
    "collect_session_errors",
    "concat_logs",
    "contrast_inverse",
    "contrast_transform",
    "deduplicate_log",
    "derive_target_nm",
    "df2pqt",
    "enforce_schema",
    "fill_brain_region_from_fibers",
    "fill_empty_lists_from_group",
    "fill_parallel_lists_from_group",
    "fix_brain_regions",
    "get_contrast_coding",
    "get_session_length",
    "get_session_type",
    "get_targetNM",
    "has_dataset",
    "has_dataset_category",
    "resolve_duplicate_group",
    "traj2coord",
    "validate_parallel_lists",
]
