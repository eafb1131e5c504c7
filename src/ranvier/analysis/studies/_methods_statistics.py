"""Sentences of a methods section on statistics: of what was done, nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ranvier.analysis.studies._done import PartDone

    Done = Mapping[str, PartDone]

_CODINGS = {
    "log": "as the natural logarithm of contrast + 1",
    "log2": "as the logarithm to base 2, with 0 for 0 %",
    "linear": "in percent",
    "rank": "as its rank among the contrasts shown",
}
_CODING = "statistics.contrast_coding"
_SEED = "statistics.seed"


def say_statistics(done: Done) -> str:
    """Say which statistics were computed.

    Parameters
    ----------
    done
        Of `read_done`: what has results, and what they were made with.

    Returns
    -------
    str
        Sentences.
    """
    said = [
        *_say_coding(done),
        *_say_mixed_models(done),
        *_say_comparisons(done),
        *_say_vectors(done),
        *_say_recordings(done),
        *_say_targets(done),
    ]
    if not said:
        return "No statistics have been computed yet."
    said.append(
        "Fits and draws that failed are counted in each result and are in no mean."
    )
    seeds = sorted({part.settings[_SEED] for part in _find(done, _SEED).values()})
    if seeds:
        listed = ", ".join(map(str, seeds))
        said.append(f"Random numbers come from the seed {listed}.")
    return " ".join(said)


def _find(done: Done, setting: str) -> Done:
    return {name: part for name, part in done.items() if setting in part.settings}


def _begins(done: Done, *beginnings: str) -> list[PartDone]:
    return [part for name, part in done.items() if name.startswith(beginnings)]


def _say_coding(done: Done) -> Iterator[str]:
    used: dict[str, set[str]] = {}
    for name, part in _find(done, _CODING).items():
        command = name.partition("/")[0].replace("_", " ")
        used.setdefault(part.settings[_CODING], set()).add(command)
    if not used:
        return
    told = [
        _CODINGS[coding] + (f" ({', '.join(sorted(by))})" if len(used) > 1 else "")
        for coding, by in sorted(used.items())
    ]
    yield (
        f"Contrast was coded {', or '.join(told)} and centred on the trials of each "
        "model; side (contralateral or ipsilateral), outcome and choice were coded "
        "±0.5."
    )


def _say_mixed_models(done: Done) -> Iterator[str]:
    for part in _begins(done, "responses/lmm"):
        yield (
            "For each target and event a linear mixed model with a random intercept "
            "for each subject was fitted by restricted maximum likelihood (Laird & "
            "Ware 1982), response ~ contrast × side × outcome, if at least "
            f"{part.settings['statistics.min_subjects']} subjects had "
            f"{part.settings['statistics.min_trials']} trials; p-values are of Wald's "
            "z, R² is marginal and conditional (Nakagawa & Schielzeth 2013), marginal "
            "means hold other factors at their middle (Searle et al. 1980)."
        )
    families = "responses/models", "movement_encoding/models"
    if _begins(done, *families, "movement_encoding/timing"):
        yield (
            "What a term adds is the difference of R² to the model without it, in "
            "subjects left out one at a time (leave one subject out; models fitted by "
            "maximum likelihood, prediction and response centred on their held-out "
            "means)."
        )
    shapes = [name for part in _begins(done, *families) for name in part.shapes]
    if any(name.endswith("_jackknife") for name in shapes):
        yield (
            "In-sample, differences of R² have the jackknife's standard error (Efron "
            "& Stein 1981)."
        )
    if _begins(done, "responses/curves"):
        yield (
            "Time courses of effects are from functional mixed models with pointwise "
            "and joint 95 % bands (Cui et al. 2022; Loewinger et al. 2025), on "
            "responses that were not masked."
        )


def _say_comparisons(done: Done) -> Iterator[str]:
    if _begins(done, "responses/anova"):
        yield (
            "Means of subjects were compared by analysis of variance with repeated "
            "measures, by type III sums of squares if cells were missing."
        )


def _say_vectors(done: Done) -> Iterator[str]:
    for part in _begins(done, "responses/vectors"):
        n, conditions = part.shapes.get("response_matrix", (0, 0))
        yield (
            f"Response vectors of {n} recordings over {conditions} conditions (means "
            "by event, contrast, side and outcome; conditions with fewer than "
            f"{part.settings['responses.min_trials']} trials are missing) were "
            "compared by their cosine, between subjects only."
        )
    for part in _begins(done, "responses/decoding"):
        n, _ = part.shapes.get("decoding_predictions", (0, 0))
        yield (
            f"Targets of {n} recordings were decoded from their response vectors by "
            "multinomial logistic regression with an L1 penalty (Krishnapuram et al. "
            "2005), one subject left out at a time and the penalty chosen on the "
            "others."
        )


def _say_recordings(done: Done) -> Iterator[str]:
    glm = _begins(done, "task_encoding/glm_")
    if glm:
        is_t = glm[0].options["weight_by_se"]
        over = " over their standard errors (t values)" if is_t else ""
        yield (
            "The responses of single recordings were modelled by ordinary least "
            f"squares; coefficients{over} were compared."
        )
    kinds = {"pca_": "principal", "ica_": "independent"}
    used = [word for kind, word in kinds.items() if _has(done, kind)]
    if used:
        yield f"Coefficients were decomposed by {' and by '.join(used)} components."
    cca = _begins(done, "task_encoding/cca_")
    if cca:
        sparse = "sparse " if cca[0].options["sparse"] else ""
        counts = {part.settings["statistics.n_permutations"] for part in cca}
        listed = " or ".join(str(n) for n in sorted(counts))
        yield (
            f"They were related to psychometric parameters by {sparse}canonical "
            f"correlation (Hotelling 1936), tested with {listed} permutations of "
            "sessions (Phipson & Smyth 2010)."
        )


def _has(done: Done, kind: str) -> bool:
    return bool(_begins(done, f"task_encoding/{kind}"))


def _say_targets(done: Done) -> Iterator[str]:
    compared = {
        name: part
        for name, part in done.items()
        if any(t == "comparisons" or t[3:].startswith("_stats") for t in part.shapes)
    }
    if not compared:
        return
    kinds = [
        words
        for beginning, words in (
            ("task_performance", "performance"),
            ("task_encoding", "scores of components"),
        )
        if _begins(compared, beginning)
    ]
    yield (
        f"Targets or neuromodulators were compared by ranks ({' and '.join(kinds)}; "
        "Kruskal & Wallis 1952; Mann & Whitney 1947), corrected for the number of "
        "pairs (Holm 1979)."
    )
