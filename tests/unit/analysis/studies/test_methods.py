from __future__ import annotations

import itertools

import pytest

from ranvier.analysis.group import Waterfall, WaterfallStep
from ranvier.analysis.parameters import COMPAT_IBLNM, AnalysisParameters
from ranvier.analysis.studies import MethodsNumbers, write_methods
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


def write(**sections):
    return write_methods(AnalysisParameters.model_validate(sections), NUMBERS)


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
        ("statistics", "contrast_coding", "rank", "as its rank"),
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
