from __future__ import annotations

import dataclasses
import itertools

import pytest

from ranvier.analysis.group import Waterfall, WaterfallStep
from ranvier.analysis.parameters import COMPAT_IBLNM, AnalysisParameters
from ranvier.analysis.studies import MethodsNumbers, write_methods
from ranvier.analysis.studies._done import PartDone
from ranvier.analysis.studies._methods_words import REFERENCES

NUMBERS = MethodsNumbers(
    n_sessions=8,
    n_recordings=11,
    n_subjects=3,
    sessions=Waterfall(
        "filter_sessions",
        12,
        (
            WaterfallStep("session_types", 12, 10, "training, biased"),
            WaterfallStep("lab", 10, 10, "not known", is_applied=False),
            WaterfallStep("qc_blockers", 10, 8),
        ),
    ),
    n_duplicates=2,
    trials=Waterfall(
        "select_trials", 900, (WaterfallStep("choice", 900, 850, "no no-gos"),)
    ),
    targets={"VTA-DA": (11, 3)},
)


SHAPES = {
    "responses/lmm": {"lmm_coefficients_early": (8, 9)},
    "responses/models": {
        "task_reliability_crossval": (9, 9),
        "task_reliability_jackknife": (9, 9),
    },
    "responses/curves": {"functional_lmm_stimOn_times": (60, 9)},
    "responses/anova": {"anova_subject_means": (7, 5)},
    "responses/vectors": {"response_matrix": (11, 24)},
    "responses/decoding": {"decoding": (1, 7), "decoding_predictions": (10, 1)},
    "task_encoding/glm_stimOn_times": {"glm_coefficients_stimOn_times": (11, 6)},
    "task_encoding/pca_stimOn_times": {"pca_stats_stimOn_times": (6, 6)},
    "task_encoding/cca_stimOn_times": {"stimOn_times_summary": (1, 6)},
    "task_performance/performance": {"comparisons": (6, 6)},
}


def write(without="none", **sections):
    set_ = AnalysisParameters.model_validate(sections)
    names = [f"statistics.{name}" for name in set_.statistics.model_dump()]
    settings = set_.select(*names, "responses.min_trials")
    options = {"weight_by_se": False, "sparse": False}
    done = {
        name: PartDone(settings, options, shapes)
        for name, shapes in SHAPES.items()
        if without not in name
    }
    return write_methods(set_, dataclasses.replace(NUMBERS, done=done))


def test_exclusions_are_told_by_reason():
    text = write()

    assert "8 sessions (11 recordings) of 3 subjects" in text
    assert "Of 12 sessions 4 were left out" in text
    assert "2 by the rule session_types (training, biased)" in text
    assert "2 by the rule qc_blockers" in text
    assert "Rules not applied, as nothing was known: lab." in text
    assert "50 by the rule choice" in text
    assert "VTA-DA 11 recordings of 3 subjects" in text


@pytest.mark.parametrize(
    ("section", "entry", "value", "words"),
    [
        ("preprocess", "cutoff_hz", 0.02, "0.02 Hz"),
        ("preprocess", "bleaching", "double", "two exponentials"),
        ("preprocess", "reference", "ols", "signal by ordinary least squares"),
        ("preprocess", "reference", "none", "No reference band"),
        ("preprocess", "zscore", "modified", "median absolute deviation"),
        ("responses", "baseline", (-0.2, 0.0), "from -0.2 to 0 s was subtracted"),
        ("trials", "probability_left", None, "the trials of all blocks"),
        ("statistics", "contrast_coding", "log", "as the natural logarithm"),
        ("statistics", "n_permutations", 77, "77 permutations"),
        ("wheel", "cutoff_hz", 15.0, "low-pass filtered at 15 Hz"),
    ],
)
def test_what_is_set_is_said(section, entry, value, words):
    assert words not in write()
    assert words in write(**{section: {entry: value}})


def test_only_sources_that_are_named_are_listed():
    with_irls, with_ols = write(), write(preprocess={"reference": "ols"})

    assert "Neurophotonics 12:025003" in with_irls
    assert "Neurophotonics" not in with_ols


def test_every_source_is_named_somewhere():
    texts = [write(preprocess={"reference": name}) for name in ("irls", "ols")]

    assert [mark for mark in REFERENCES if not any(mark in t for t in texts)] == []


def test_no_word_is_left_unfilled():
    choices = itertools.product(
        ("lowpass", "single", "double"), ("irls", "ols", "none"), ("standard", "none")
    )
    for bleaching, reference, zscore in choices:
        text = write(
            preprocess={
                "bleaching": bleaching,
                "reference": reference,
                "zscore": zscore,
            }
        )

        assert "{" not in text
        assert "None" not in text
        assert ".." not in text


def test_the_pipelines_own_way_of_cutting_is_said():
    text = write_methods(COMPAT_IBLNM, MethodsNumbers(1, 1, 1))

    assert "the first one after the event" in text


@pytest.mark.parametrize(
    ("without", "words"),
    [
        ("cca_", "Hotelling 1936"),
        ("curves", "functional mixed models"),
        ("anova", "analysis of variance"),
        ("decoding", "were decoded"),
        ("pca_", "principal components"),
        ("lmm", "Laird & Ware 1982"),
    ],
)
def test_what_was_not_done_is_not_said(without, words):
    assert words in write()
    assert words not in write(without)


def test_vectors_and_decoding_say_n():
    text = write()

    assert "Response vectors of 11 recordings over 24 conditions" in text
    assert "Targets of 10 recordings were decoded" in text


def test_nothing_done_is_said():
    text = write_methods(AnalysisParameters(), NUMBERS)

    assert "No statistics have been computed yet." in text


def test_only_events_that_occur_are_said():
    numbers = dataclasses.replace(NUMBERS, events=("stimOn_times",))
    text = write_methods(AnalysisParameters(), numbers)

    assert "around stimOn_times, by" in text
    assert "cut from -1 to 1 s around stimOn_times, firstMovement_times" in write()
