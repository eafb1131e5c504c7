"""Mixed models of responses: one for each target and event, random by subject."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import pandas as pd

from ranvier.analysis.group._models import get_models
from ranvier.analysis.group._results import (
    GroupResult,
    Plan,
    analyse_parts,
    split_parts,
)
from ranvier.analysis.group._trials import code_contrast, take_enough
from ranvier.analysis.statistics import (
    CrossvalResult,
    JackknifeResult,
    LmmResult,
    anova_rm,
    build_design,
    compute_cell_means,
    compute_contrast_slopes,
    compute_interaction_effects,
    compute_marginal_means,
    crossval_lmm,
    fit_lmm,
    fit_lmm_formula,
    jackknife_lmm,
    select_complete,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ranvier.analysis.group._results import Key
    from ranvier.analysis.group._trials import AnalysisTrials
    from ranvier.analysis.parameters import StatisticsParameters

Result = TypeVar("Result")
Random = Literal["intercept", "intercept+slope"]

_LEVELS = (-0.5, 0.5)
_WITHIN = ("contrast", "side", "reward")


@dataclass(frozen=True)
class Work:
    """Trials and settings of an analysis.

    Parameters
    ----------
    trials
        Those of the group's rule.
    settings
        Of the statistics.
    """

    trials: AnalysisTrials
    settings: StatisticsParameters

    def prepare(self, frame: pd.DataFrame, formulas: Iterable[str]) -> pd.DataFrame:
        """Keep complete trials of subjects that have enough; then code the contrast."""
        needed = select_complete(frame, formulas, ["subject"])
        enough = take_enough(frame[needed], self.settings)
        return code_contrast(enough, self.settings.contrast_coding)[0]

    def run(
        self,
        plan: Plan,
        analyse: Callable[[Key, pd.DataFrame], tuple[Result, pd.DataFrame]],
    ) -> GroupResult[Result]:
        """Do an analysis for each target and event."""
        parts = split_parts(self.trials.frame, plan.keys)
        return analyse_parts(plan, self.trials, parts, analyse)

    def say(self, **parameters: Any) -> dict[str, Any]:
        """Give what an analysis was called with, with the settings."""
        return {**parameters, **self.settings.model_dump()}


def fit_lmms(work: Work, formula: str, random: Random) -> GroupResult[LmmResult]:
    """Fit one model to each target and event."""

    def analyse(_: Key, frame: pd.DataFrame) -> tuple[LmmResult, pd.DataFrame]:
        ready = work.prepare(frame, [formula])
        slope = "" if random == "intercept" else "contrast"
        return fit_lmm_formula(formula, ready, random=random, slope=slope), ready

    said = work.say(formula=formula, random=random)
    return work.run(Plan("fit_lmm", said, to_table=_lmm_to_frame), analyse)


def fit_families(work: Work, family: str) -> GroupResult[dict[str, LmmResult]]:
    """Fit each model of a family, all to the same trials."""

    def analyse(
        key: Key, frame: pd.DataFrame
    ) -> tuple[dict[str, LmmResult], pd.DataFrame]:
        models = get_models(family, key[1])
        ready = work.prepare(frame, models.values())
        fits = {
            # Models with other fixed effects compare by "ml" only.
            name: fit_lmm_formula(formula, ready, method="ml")
            for name, formula in models.items()
        }
        return fits, ready

    def to_table(fits: dict[str, LmmResult]) -> pd.DataFrame:
        full = fits["full"].marginal_r2_observed
        return pd.concat(
            _lmm_to_frame(fit).assign(
                model=name, delta_r2=full - fit.marginal_r2_observed
            )
            for name, fit in fits.items()
        )

    get_models(family, "")  # an unknown family is no fault of the data
    plan = Plan("response_lmm_fit", work.say(family=family), to_table=to_table)
    return work.run(plan, analyse)


def crossval_families(work: Work, family: str) -> GroupResult[CrossvalResult]:
    """Compare the models of a family in subjects left out."""

    def analyse(key: Key, frame: pd.DataFrame) -> tuple[CrossvalResult, pd.DataFrame]:
        models = get_models(family, key[1])
        ready = work.prepare(frame, models.values())
        return crossval_lmm(ready, models, full="full"), ready

    get_models(family, "")
    plan = Plan(
        "response_lmm_crossval",
        work.say(family=family),
        to_table=lambda found: found.table,
    )
    return work.run(plan, analyse)


def jackknife_families(work: Work, family: str) -> GroupResult[JackknifeResult]:
    """Fit the models of a family with each subject left out."""

    def analyse(key: Key, frame: pd.DataFrame) -> tuple[JackknifeResult, pd.DataFrame]:
        models = get_models(family, key[1])
        ready = work.prepare(frame, models.values())
        return jackknife_lmm(ready, models, full="full"), ready

    get_models(family, "")
    plan = Plan(
        "response_lmm_jackknife",
        work.say(family=family),
        to_table=lambda found: found.summary,
    )
    return work.run(plan, analyse)


def compute_effects(work: Work, formula: str) -> GroupResult[dict[str, pd.DataFrame]]:
    """Fit one model to each target and event, and say its effects."""

    def analyse(
        _: Key, frame: pd.DataFrame
    ) -> tuple[dict[str, pd.DataFrame], pd.DataFrame]:
        ready = work.prepare(frame, [formula])
        design = build_design(formula, ready)
        fit = fit_lmm(design, ready["response"], ready["subject"])
        levels = ready.drop_duplicates("contrast_percent").sort_values("contrast")
        names = [*levels["contrast"]]
        grid = {"contrast": names}
        factors = [name for name in ("side", "reward") if name in design.columns]
        means = [compute_marginal_means(fit, design, grid).assign(effect="contrast")]
        for name in factors:
            crossed = {**grid, name: [*_LEVELS]}
            made = compute_marginal_means(fit, design, crossed)
            means.append(made.assign(effect=f"contrast:{name}"))
        percent = dict(zip(names, levels["contrast_percent"], strict=True))
        table = pd.concat(means, ignore_index=True)
        table["contrast_percent"] = table["contrast"].map(percent)
        return {"means": table, **_cross(fit, factors)}, ready

    def to_table(effects: dict[str, pd.DataFrame]) -> pd.DataFrame:
        parts = [frame.assign(kind=name) for name, frame in effects.items()]
        return pd.concat(parts, ignore_index=True)

    plan = Plan("response_lmm_effects", work.say(formula=formula), to_table=to_table)
    return work.run(plan, analyse)


def compare_cells(
    work: Work, within: Iterable[str] = _WITHIN, min_trials: int = 10
) -> GroupResult[pd.DataFrame]:
    """Test contrast, side and reward within subjects, on means of their trials."""
    factors = [*within]

    def analyse(_: Key, frame: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
        known = frame.dropna(subset=[*factors, "response"])
        cells = compute_cell_means(known, factors, min_trials=min_trials)
        return anova_rm(cells, factors), known

    said = work.say(within=factors, min_trials_of_cell=min_trials)
    plan = Plan("anova_response_magnitudes", said, to_table=lambda found: found)
    return work.run(plan, analyse)


def _lmm_to_frame(fit: LmmResult) -> pd.DataFrame:
    return (
        fit.to_frame()
        .rename_axis("term")
        .reset_index()
        .assign(
            marginal_r2=fit.marginal_r2,
            conditional_r2=fit.conditional_r2,
            n_trials=fit.n,
            n_subjects=fit.n_groups,
            converged=fit.converged,
        )
    )


def _cross(fit: LmmResult, factors: list[str]) -> dict[str, pd.DataFrame]:
    found: dict[str, pd.DataFrame] = {}
    slopes = [
        compute_contrast_slopes(fit, by=name).assign(effect="contrast", by=name)
        for name in factors
        if f"contrast:{name}" in fit.columns
    ]
    if slopes:
        found["slopes"] = pd.concat(slopes, ignore_index=True)
    if "side:reward" in fit.columns:
        pairs = [("reward", "side"), ("side", "reward")]
        found["interactions"] = pd.concat(
            (
                compute_interaction_effects(fit, one, other)
                .rename(columns={"effect": "estimate"})
                .assign(effect=one, by=other)
                for one, other in pairs
            ),
            ignore_index=True,
        )
    return found
