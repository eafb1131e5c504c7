"""The encoding model, against scikit-learn's ridge and known kernels."""

import numpy as np
import pytest
from sklearn.linear_model import Ridge
from sklearn.metrics import r2_score

from ranvier.analysis.faults import SignalFault
from ranvier.analysis.statistics import (
    EventTerm,
    build_design_matrix,
    fit_encoding_model,
    make_cosine_kernel,
    make_event_terms,
    make_fir_kernel,
    make_time_grid,
)
from ranvier.core import AnalysisError


def make_session(n_lags=6, seed=0, noise=0.5):
    rng = np.random.default_rng(seed)
    grid = make_time_grid(100.0, 160.0)
    stim, reward = rng.uniform(100, 160, 25), rng.uniform(100, 160, 25)
    side = rng.choice([-0.5, 0.5], 25)
    wheel = np.cumsum(rng.normal(size=len(grid))) * 0.1
    terms = [EventTerm("stim", stim), EventTerm("stim:side", stim, side)]
    terms.append(EventTerm("reward", reward))
    design = build_design_matrix(grid, terms, make_fir_kernel(n_lags), {"wheel": wheel})
    truth = rng.normal(size=design.values.shape[1])
    signal = 3.0 + design.values @ truth + noise * rng.normal(size=len(grid))
    return design, signal, truth


def fit_by_ridge(x, y, alpha):
    mean, scale = x.mean(axis=0), x.std(axis=0)
    model = Ridge(alpha=alpha).fit((x - mean) / scale, y)
    coefficients = model.coef_ / scale
    return coefficients, model.intercept_ - mean @ coefficients


def predict_by_ridge(x, y, folds, alpha):
    """Predict each fold from the others."""
    predicted = np.empty(len(y))
    for held in folds:
        rest = np.setdiff1d(np.concatenate(folds), held)
        w, b = fit_by_ridge(x[rest], y[rest], alpha)
        predicted[held] = x[held] @ w + b
    return predicted


def test_coefficients_are_those_of_ridge():
    design, y, _ = make_session()
    fit = fit_encoding_model(design, y, [7.0], leave_out=False)
    w, b = fit_by_ridge(design.values, y, 7.0)

    assert np.allclose(fit.coefficients, w, rtol=1e-8, atol=1e-10)
    assert fit.intercept == pytest.approx(b)
    assert fit.alpha == 7.0


def test_r2_of_each_penalty_is_that_of_a_plain_loop():
    design, y, _ = make_session()
    alphas = [0.01, 1.0, 100.0]
    fit = fit_encoding_model(design, y, alphas, leave_out=False)
    folds = np.array_split(np.arange(len(y)), 5)
    expected = [
        r2_score(y, predict_by_ridge(design.values, y, folds, a)) for a in alphas
    ]

    assert np.allclose(fit.r2_by_alpha, expected, atol=1e-9)
    assert fit.alpha == alphas[int(np.argmax(expected))]


def test_the_penalty_of_a_fold_is_chosen_without_it():
    design, y, _ = make_session(noise=30.0)
    alphas = [0.1, 10.0, 300.0, 3000.0]
    fit = fit_encoding_model(design, y, alphas, leave_out=False)
    folds = np.array_split(np.arange(len(y)), 5)
    x, predicted = design.values, np.empty(len(y))
    for i, held in enumerate(folds):
        others = [fold for j, fold in enumerate(folds) if j != i]
        rest = np.concatenate(others)
        errors = []
        for a in alphas:
            full = np.zeros(len(y))
            full[:] = predict_on(x, y, others, a)
            errors.append(np.sum((y[rest] - full[rest]) ** 2))
        w, b = fit_by_ridge(x[rest], y[rest], alphas[int(np.argmin(errors))])
        predicted[held] = x[held] @ w + b

    assert np.allclose(fit.prediction, predicted, atol=1e-8)
    assert fit.r2 == pytest.approx(r2_score(y, predicted))


def predict_on(x, y, folds, alpha):
    result = np.zeros(len(y))
    for held in folds:
        rest = np.setdiff1d(np.concatenate(folds), held)
        w, b = fit_by_ridge(x[rest], y[rest], alpha)
        result[held] = x[held] @ w + b
    return result


def test_delta_r2_is_that_of_the_model_without_the_block():
    design, y, _ = make_session(noise=2.0)
    fit = fit_encoding_model(design, y, [5.0])
    folds = np.array_split(np.arange(len(y)), 5)
    full = r2_score(y, predict_by_ridge(design.values, y, folds, 5.0))
    for name, block in design.blocks.items():
        x = np.delete(design.values, block, axis=1)
        reduced = r2_score(y, predict_by_ridge(x, y, folds, 5.0))

        assert fit.delta_r2[name] == pytest.approx(full - reduced, abs=1e-9)


def test_a_block_without_a_part_adds_nothing():
    rng = np.random.default_rng(1)
    grid = make_time_grid(100.0, 250.0)
    design = build_design_matrix(
        grid,
        [EventTerm("stim", rng.uniform(100, 250, 80)), EventTerm("none", [120, 200])],
        make_fir_kernel(4),
    )
    y = design.values[:, :4] @ [1.0, 3, 2, 1] + 0.3 * rng.normal(size=len(design.grid))
    fit = fit_encoding_model(design, y)

    assert fit.delta_r2["stim"] > 0.5
    assert abs(fit.delta_r2["none"]) < 0.01


def test_a_known_kernel_comes_back_at_its_lags():
    rng = np.random.default_rng(0)
    grid = make_time_grid(0.0, 300.0)
    kernel = np.exp(-0.5 * ((np.arange(-25, 25) * 0.1 - 0.4) / 0.2) ** 2)
    index = rng.choice(np.arange(30, len(grid) - 30), 90, replace=False)
    signal = 0.05 * rng.normal(size=len(grid))
    for i in index:  # a plain loop, so that lags are not those of the code tested
        signal[i - 25 : i + 25] += kernel
    design = build_design_matrix(
        grid, [EventTerm("cue", grid[index])], make_fir_kernel()
    )
    found = fit_encoding_model(design, signal, [0.1], leave_out=False).get_kernel("cue")

    assert found.index[0] == pytest.approx(-2.5)
    assert found.index[-1] == pytest.approx(2.4)
    assert found.idxmax() == pytest.approx(0.4)
    assert np.allclose(found, kernel, atol=0.05)


def test_a_smooth_kernel_comes_back_through_bumps():
    rng = np.random.default_rng(0)
    grid = make_time_grid(0.0, 400.0)
    time = np.arange(25) * 0.1
    kernel = time * np.exp(-time / 0.3)
    index = rng.choice(len(grid) - 30, 120, replace=False)
    signal = 0.01 * rng.normal(size=len(grid))
    for i in index:
        signal[i : i + 25] += kernel
    design = build_design_matrix(
        grid, [EventTerm("cue", grid[index])], make_cosine_kernel()
    )
    found = fit_encoding_model(design, signal, leave_out=False).get_kernel("cue")

    assert np.allclose(found.index, time)
    assert np.allclose(found, kernel, atol=0.01)


def test_table_of_kernels_has_the_lags_of_each_block():
    design, y, _ = make_session(n_lags=50, noise=1.0)
    fit = fit_encoding_model(design, y, [1.0], leave_out=False)
    table = fit.kernels_to_frame()
    stim = table[table["block"] == "stim"]

    assert stim["lag"].to_list() == list(range(-25, 25))
    assert np.allclose(stim["time"], np.arange(-25, 25) * 0.1)
    assert np.allclose(stim["weight"], fit.get_kernel("stim"))
    assert table[table["block"] == "wheel"]["lag"].to_list() == [0]


def test_missing_samples_are_left_out_and_counted():
    design, y, _ = make_session()
    y[10:20] = np.nan
    design.values[50, -1] = np.nan
    fit = fit_encoding_model(design, y, [1.0], leave_out=False)
    good = np.isfinite(y) & np.isfinite(design.values).all(axis=1)
    w, _ = fit_by_ridge(design.values[good], y[good], 1.0)

    assert fit.n_dropped == 11
    assert np.isnan(fit.prediction).sum() == 11
    assert np.allclose(fit.coefficients, w)


def test_an_event_that_never_happened_has_no_kernel():
    design, y, _ = make_session()
    terms = [EventTerm("stim", [120.0, 150.0]), EventTerm("never", [np.nan])]
    design = build_design_matrix(design.grid, terms, make_fir_kernel(4))
    fit = fit_encoding_model(design, y)

    assert (fit.get_kernel("never") == 0).all()
    assert fit.delta_r2["never"] == pytest.approx(0.0, abs=1e-12)


def test_without_its_one_block_a_model_is_the_mean():
    design, y, _ = make_session(noise=0.1)
    design = build_design_matrix(
        design.grid, [], make_fir_kernel(4), {"wheel": design.values[:, -1]}
    )
    fit = fit_encoding_model(design, y)

    assert fit.delta_r2["wheel"] >= fit.r2


@pytest.mark.parametrize(
    "y",
    [
        np.full(601, np.nan),
        np.ones(601),
        np.r_[np.arange(9.0), np.full(592, np.nan)],
    ],
    ids=["nan", "constant", "short"],
)
def test_a_signal_without_content_is_a_fault(y):
    with pytest.raises(SignalFault):
        fit_encoding_model(make_session()[0], y)


def test_a_signal_off_the_grid_and_an_unknown_block_are_errors():
    design, y, _ = make_session()
    fit = fit_encoding_model(design, y, [1.0], leave_out=False)

    with pytest.raises(AnalysisError, match="not as long"):
        fit_encoding_model(design, y[:-1])
    with pytest.raises(AnalysisError, match="no such block") as caught:
        fit.get_kernel("lick")
    assert caught.value.code == "RV-A88"


def test_terms_of_an_event_are_its_modulators_and_products():
    times, feedback = [1.0, 2, 3, 4], np.array([1, 1, -1, -1])
    contrast, side = [-1.0, 1, 0, 0], [0.5, -0.5, 0.5, -0.5]
    terms = make_event_terms(
        "stim",
        times,
        {"contrast": contrast, "side": side},
        [("contrast", "side")],
        split_by=feedback,
    )
    by_name = {term.name: term for term in terms}

    assert list(by_name) == [
        "stim[-1]",
        "stim[-1]:side",  # contrast is 0 there: not a regressor
        "stim[1]",
        "stim[1]:contrast",
        "stim[1]:side",
    ]
    assert list(by_name["stim[1]"].times) == [1.0, 2.0]
    whole = make_event_terms(
        "stim", times, {"contrast": contrast, "side": side}, [("contrast", "side")]
    )
    assert list(whole[-1].heights) == [-0.5, -0.5, 0.0, -0.0]


def test_two_blocks_of_one_name_are_an_error():
    grid = make_time_grid(0, 10)
    terms = [EventTerm("cue", [1.0]), EventTerm("cue", [2.0])]

    with pytest.raises(AnalysisError, match="names of their own"):
        build_design_matrix(grid, terms, make_fir_kernel())
    with pytest.raises(AnalysisError, match="names of their own"):
        build_design_matrix(grid, [], make_fir_kernel())


def test_each_term_can_have_a_kernel_of_its_own():
    grid = make_time_grid(0, 10)
    terms = [EventTerm("cue", [1.0]), EventTerm("reward", [2.0])]
    kernels = {"cue": make_fir_kernel(4), "reward": make_cosine_kernel(3)}
    design = build_design_matrix(grid, terms, kernels)

    assert design.blocks == {"cue": slice(0, 4), "reward": slice(4, 7)}
