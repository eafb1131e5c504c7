"""Decoding targets with subjects left out."""

import inspect
import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score, confusion_matrix

from ranvier.analysis.faults import GroupFault
from ranvier.analysis.statistics import DecoderSettings, decode_target
from ranvier.analysis.statistics._multinomial import (
    MultinomialProblem,
    balance_classes,
)
from ranvier.core import AnalysisError

FAST = DecoderSettings(c_values=(0.1, 1.0), contributions=False)


def make_group(n=48, n_features=6, effect=2.0, seed=0):
    rng = np.random.default_rng(seed)
    subjects = np.arange(n) % 12
    codes = subjects % 3
    x = rng.normal(size=(n, n_features))
    x[:, 0] += effect * (codes == 0)
    x[:, 1] += effect * (codes == 1)
    return pd.DataFrame(x), np.array(["ACh", "DA", "NE"])[codes], subjects


def make_lasso(c):
    # The penalty is told by `penalty` before scikit-learn 1.8, by `l1_ratio` after.
    parameters = inspect.signature(LogisticRegression).parameters
    by_ratio = parameters["l1_ratio"].default is not None
    how = {"l1_ratio": 1.0} if by_ratio else {"penalty": "l1"}
    return LogisticRegression(
        C=c,
        solver="saga",
        class_weight="balanced",
        tol=1e-8,
        max_iter=100_000,
        random_state=0,
        **how,
    )


@pytest.mark.parametrize("c", [0.3, 1.0, 10.0])
def test_a_fit_is_the_minimum_that_scikit_learn_finds(c):
    x, labels, _ = make_group(effect=0.7)
    z = ((x - x.mean()) / x.std(ddof=0)).to_numpy()
    codes = np.unique(labels, return_inverse=True)[1][:-5]
    z = z[:-5]
    problem = MultinomialProblem(z, codes, 3, balance_classes(codes, 3))
    w = problem.fit(c, problem.make_start(), tolerance=1e-9)
    oracle = make_lasso(c).fit(z, codes)

    assert np.allclose(w[:-1].T, oracle.coef_, atol=2e-4)
    assert np.allclose(
        np.diff(w[-1]), np.diff(oracle.intercept_), atol=1e-3
    )  # a common shift of intercepts is free


def test_a_fit_without_a_feature_is_that_of_the_other_features():
    x, labels, _ = make_group(effect=1.0)
    codes = np.unique(labels, return_inverse=True)[1]
    weights = balance_classes(codes, 3)
    problem = MultinomialProblem(x.to_numpy(), codes, 3, weights)
    full = problem.fit(1.0, problem.make_start())
    without = problem.fit(1.0, full, tolerance=1e-9, without=0)
    rest = MultinomialProblem(x.to_numpy()[:, 1:], codes, 3, weights)
    expected = rest.fit(1.0, rest.make_start(), tolerance=1e-9)

    assert np.allclose(without[0], 0)
    assert np.allclose(without[1:-1], expected[:-1], atol=1e-5)


def test_predictions_are_those_of_a_plain_loop_over_subjects():
    x, labels, subjects = make_group()
    settings = DecoderSettings(c_values=(0.5,), contributions=False, tolerance=1e-6)
    result = decode_target(x, labels, subjects, settings)
    expected = np.empty(len(x), dtype=object)
    for subject in np.unique(subjects):
        held = subjects == subject
        mean, scale = x[~held].mean(), x[~held].std(ddof=0)
        model = make_lasso(0.5).fit((x[~held] - mean) / scale, labels[~held])
        expected[held] = model.predict((x[held] - mean) / scale)

    assert result.predictions.to_list() == list(expected)
    assert result.accuracy == np.mean(expected == labels)
    assert result.balanced_accuracy == pytest.approx(
        balanced_accuracy_score(labels, expected.astype(str))
    )
    assert np.array_equal(
        result.confusion, confusion_matrix(labels, expected.astype(str))
    )
    assert np.allclose(
        result.per_class_recall,
        np.diag(result.confusion) / result.confusion.sum(axis=1),
    )


def test_what_tells_the_targets_contributes():
    x, labels, subjects = make_group(effect=3.0)
    result = decode_target(x, labels, subjects)

    assert result.balanced_accuracy > 0.8
    assert set(result.contributions.nlargest(2).index) == {0, 1}
    assert result.coefficients.loc["ACh"].idxmax() == 0
    assert result.coefficients.loc["DA"].idxmax() == 1
    assert result.best_C in DecoderSettings().c_values


def test_contributions_are_held_out_drops_of_refits_without_a_feature():
    x, labels, subjects = make_group(effect=1.0)
    one = DecoderSettings(c_values=(1.0,), tolerance=1e-7)
    result = decode_target(x, labels, subjects, one)
    for j in (0, 3):
        rest = decode_target(x.drop(columns=j), labels, subjects, one)

        assert result.contributions[j] == pytest.approx(
            result.balanced_accuracy - rest.balanced_accuracy
        )


def test_a_feature_that_marks_the_subject_does_not_help():
    rng = np.random.default_rng(0)
    subjects = np.repeat(np.arange(12), 4)
    labels = np.array(["DA", "NE"])[rng.permutation(np.arange(12) % 2)[subjects]]
    fingerprint = rng.normal(size=(12, 8))[subjects] + 0.01 * rng.normal(size=(48, 8))
    result = decode_target(fingerprint, labels, subjects, FAST)

    assert result.balanced_accuracy < 0.75


def test_rows_of_a_fold_without_a_class_are_nan_not_a_class():
    x, labels, subjects = make_group()
    labels = labels.astype(object)
    labels[subjects == 11] = "5HT"  # the one subject of its class
    result = decode_target(x, labels, subjects, FAST)

    assert result.n_skipped == 1
    assert result.predictions[subjects == 11].isna().all()
    assert result.predictions[subjects != 11].notna().all()
    assert np.isnan(result.fold_C["11"])
    assert np.isnan(result.per_class_recall["5HT"])
    assert result.confusion.to_numpy().sum() == (subjects != 11).sum()


def test_missing_rows_are_nan_and_counted():
    x, labels, subjects = make_group()
    x.iloc[5, 2] = np.nan
    result = decode_target(x, labels, subjects, FAST)

    assert result.n_dropped == 1
    assert pd.isna(result.predictions[5])
    assert result.predictions.notna().sum() == len(x) - 1
    assert result.predictions.index.equals(x.index)


def test_permutations_tell_an_effect_from_none():
    settings = DecoderSettings(
        c_values=(0.3,), contributions=False, n_permutations=19, tolerance=1e-3
    )
    with_effect = decode_target(*make_group(n=24, effect=4.0), settings)
    without = decode_target(*make_group(n=24, effect=0.0, seed=3), settings)

    assert with_effect.p_value == 0.05
    assert without.p_value > 0.1
    assert np.isnan(decode_target(*make_group(n=24), FAST).p_value)


def test_decoding_is_the_same_each_time_and_warns_of_nothing():
    group = make_group(n=24)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        first, second = (decode_target(*group) for _ in range(2))

    assert first.coefficients.equals(second.coefficients)
    assert first.contributions.equals(second.contributions)


def test_a_constant_feature_has_no_weight():
    x, labels, subjects = make_group(n=24)
    result = decode_target(x.assign(flat=0.1), labels, subjects, FAST)

    assert (result.coefficients["flat"] == 0).all()


def test_two_classes_have_opposite_weights():
    x, labels, subjects = make_group()
    result = decode_target(x, np.where(labels == "DA", "DA", "NE"), subjects, FAST)

    assert np.allclose(result.coefficients.loc["DA"], -result.coefficients.loc["NE"])


@pytest.mark.parametrize(
    ("labels", "subjects", "words"),
    [
        (["DA"] * 12, list("abcabcabcabc"), "two classes"),
        (["DA", "NE"] * 6, ["a"] * 12, "leaves out one subject"),
        (["DA", "NE"] * 6, list("ab" * 6), "leaves out one subject"),
        (["DA", "NE", "ACh"] * 4, list("abc" * 4), "each lacks a class"),
    ],
)
def test_a_group_that_can_not_be_decoded_is_a_fault(labels, subjects, words):
    x = np.random.default_rng(0).normal(size=(12, 3))

    with pytest.raises(GroupFault, match=words):
        decode_target(x, labels, subjects)


@pytest.mark.parametrize("x", [np.full((6, 2), np.nan), np.empty((0, 2))])
def test_no_complete_recording_is_a_fault(x):
    with pytest.raises(GroupFault, match="complete"):
        decode_target(x, ["DA"] * len(x), ["a"] * len(x))


def test_labels_must_be_as_long_as_the_features():
    with pytest.raises(AnalysisError, match="labels is not as long"):
        decode_target(np.ones((4, 2)), ["DA"], ["a"] * 4)


def test_rows_without_label_or_subject_are_left_out_not_a_class():
    x, labels, subjects = make_group()
    labels, subjects = labels.astype(object), subjects.astype(object)
    labels[3], labels[4], subjects[7] = None, np.nan, None
    result = decode_target(x, labels, subjects, FAST)

    assert result.n_dropped == 3
    assert list(result.confusion.index) == ["ACh", "DA", "NE"]
    assert result.predictions[[3, 4, 7]].isna().all()
