"""The stages of a study: what each needs, uses, and owns."""

from __future__ import annotations

from dataclasses import dataclass

from ranvier.core import AnalysisError, suggest

QUERY, OVERVIEW = "query_database", "dataset_overview"


@dataclass(frozen=True)
class Stage:
    """One stage.

    Parameters
    ----------
    name
        "photometry".
    summary
        What it does, in some words.
    settings
        Sections of the parameters that it uses, or single entries of them.
    groups
        Of the session's HDF5 that are its own.
    is_optional
        It is done only if it is asked for by its name.
    """

    name: str
    summary: str
    settings: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    is_optional: bool = False

    @property
    def is_of_session(self) -> bool:
        """True if it works on one session at a time."""
        return self.name not in (QUERY, OVERVIEW)


STAGES = (
    Stage(QUERY, "find sessions and what is known of them", settings=("vocabulary",)),
    Stage(
        "photometry",
        "QC, preprocessing and responses",
        settings=("preprocess", "qc", "responses", "task.min_block_length"),
        groups=("photometry", "trials"),
    ),
    Stage(
        "task",
        "performance and psychometric functions",
        settings=("task",),
        groups=("trials",),
    ),
    Stage(
        "wheel",
        "velocity of the wheel in each trial",
        settings=("wheel", "task.min_block_length"),
        groups=("wheel", "trials"),
    ),
    Stage(
        "video",
        "length and quality of the videos",
        settings=("video",),
        groups=("video",),
        is_optional=True,
    ),
    Stage(
        OVERVIEW,
        "coverage of the study, in figures",
        settings=("selection", "vocabulary"),
    ),
)


def choose_stages(
    start: str = "", only: str = "", more: tuple[str, ...] = ()
) -> tuple[Stage, ...]:
    """Choose the stages to be done.

    Parameters
    ----------
    start
        The first one; empty: from the beginning.
    only
        The one; empty: all from `start` on.
    more
        Optional ones to be done as well.

    Returns
    -------
    tuple of Stage
        In their order.

    Raises
    ------
    AnalysisError
        RV-A59 if there is no such stage, or both `start` and `only` are given.

    Examples
    --------
    >>> [stage.name for stage in choose_stages(start="wheel")]
    ['wheel', 'dataset_overview']
    """
    names = [stage.name for stage in STAGES]
    for name in (start, only, *more):
        if name and name not in names:
            raise AnalysisError(
                f'there is no stage "{name}".',
                code="RV-A59",
                wanted=", ".join(names),
                mend=suggest(name, names, "name one of these"),
            )
    if start and only:
        raise AnalysisError(
            "from one stage on, and only one stage: both can't be.",
            code="RV-A58",
            mend="give either --from or --only",
        )
    if only:
        return tuple(stage for stage in STAGES if stage.name == only)
    asked = {start, *more}
    later = STAGES[names.index(start) if start else 0 :]
    return tuple(
        stage for stage in later if not stage.is_optional or stage.name in asked
    )
