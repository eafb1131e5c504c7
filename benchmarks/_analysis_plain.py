"""The straightforward ways: loops over scipy, statsmodels, scikit-learn and pandas.

Each is written as one would write it from the description of the method, and as quick
as that way allows: no copy that is not needed, nothing computed twice. That of the
windows has a second form, metric by metric, which is how pipelines that know no more of
a metric than its name have to do it.
"""

from __future__ import annotations

import warnings

import numpy as np

FloatArray = np.ndarray


# --- sliding QC ------------------------------------------------------------------


def count_unique(x):
    return len(np.unique(x)) / len(x)


def find_mad(x):
    return np.median(np.abs(x - np.median(x)))


def find_distance(x):
    high, middle = np.percentile((x - x.mean()) / x.std(), [95, 50])
    return high - middle


def find_asymmetry(x):
    low, middle, high = np.percentile(x, [25, 50, 75])
    return abs(high - middle) / abs(middle - low)


def score_ar2(x):
    before = np.column_stack((x[:-2], x[1:-1]))
    now = x[2:]
    weights = np.linalg.lstsq(before, now, rcond=None)[0]
    left = now - before @ weights
    return 1 - (left @ left) / ((now - now.mean()) ** 2).sum()


METRICS = (count_unique, find_mad, find_distance, find_asymmetry, score_ar2)


def take_line(t, x):
    from scipy.stats import linregress

    line = linregress(t, x)
    return x - (line.slope * t + line.intercept)


def slide_by_window(t, signals, window_s=120.0, step_s=60.0, *, is_raw_counted=True):
    """Each window is cut and detrended once, then measured."""
    table = []
    starts = np.arange(t[0], t[-1] - window_s, step_s)
    for signal in signals.T:
        rows = [[metric(signal) for metric in METRICS]]
        for start in starts:
            inside = (t >= start) & (t < start + window_s)
            x = signal[inside]
            straight = take_line(t[inside], x)
            n_unique = count_unique(x if is_raw_counted else straight)
            rows.append([n_unique, *(metric(straight) for metric in METRICS[1:])])
        table.append(np.mean(rows, axis=0))
    return np.array(table)


def slide_by_metric(t, signals, window_s=120.0, step_s=60.0):
    """Each metric slides over the signal by itself."""
    return np.array(
        [
            [_slide(t, signal, metric, window_s, step_s) for metric in METRICS]
            for signal in signals.T
        ]
    )


def _slide(t, signal, metric, window_s, step_s):
    values = [metric(signal)]
    for start in np.arange(t[0], t[-1] - window_s, step_s):
        inside = (t >= start) & (t < start + window_s)
        x = signal[inside]
        if metric is not count_unique:
            x = take_line(t[inside], x)
        values.append(metric(x))
    return np.mean(values)


# --- models ----------------------------------------------------------------------


def fit_mixed(formula, frame, *, reml, method):
    """One mixed model by subject, from its formula."""
    import statsmodels.formula.api as smf

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a search that ended at its bound
        model = smf.mixedlm(formula, frame, groups=frame["subject"])
        return model.fit(reml=reml, method=method, maxiter=500)


def cross_validate(frame, models):
    """Held-out R² of each model and subject, centred on the held-out means."""
    found = {}
    for name, formula in models.items():
        for subject in frame["subject"].unique():
            is_test = frame["subject"] == subject
            fit = fit_mixed(formula, frame[~is_test], reml=False, method="powell")
            test = frame[is_test]
            guess, seen = np.asarray(fit.predict(test)), test["response"].to_numpy()
            left = (seen - seen.mean()) - (guess - guess.mean())
            found[name, subject] = (
                1 - (left**2).sum() / ((seen - seen.mean()) ** 2).sum()
            )
    return found


def drop_one_null(frame, full, reduced, variable, donors):
    """ΔR² with the variable of each donor session in place of the session's own."""
    import statsmodels.formula.api as smf

    null = []
    for donor in donors:
        n_trials = min(len(donor), len(frame))
        swapped = frame.iloc[:n_trials].assign(**{variable: donor[:n_trials]})
        r2 = [smf.ols(formula, swapped).fit().rsquared for formula in (full, reduced)]
        null.append(r2[0] - r2[1])
    return np.array(null)


def permute_cca(x, y, orders):
    """Canonical correlation, and that of each order of the rows of y."""
    from sklearn.cross_decomposition import CCA

    def correlate(one, other):
        scores = CCA(1, max_iter=1000).fit_transform(one, other)
        return np.corrcoef(scores[0][:, 0], scores[1][:, 0])[0, 1]

    x, y = ((z - z.mean(axis=0)) / z.std(axis=0) for z in (x, y))
    return correlate(x, y), np.array([correlate(x, y[order]) for order in orders])


# --- psychometric functions --------------------------------------------------------


def fit_psychometric(contrast, right, seed=0, n_starts=10):
    """Best of several Nelder-Mead searches: (bias, threshold, g1, g2), likelihood."""
    from scipy.optimize import minimize
    from scipy.special import erf

    levels, place = np.unique(contrast, return_inverse=True)
    n = np.bincount(place)
    share = np.bincount(place, weights=right) / n

    def lose(at):
        bias, threshold, low, high = at
        p = low + (1 - low - high) * (erf((levels - bias) / threshold) + 1) / 2
        p = np.clip(p, 1e-12, 1 - 1e-12)
        return -(n * (share * np.log(p) + (1 - share) * np.log(1 - p))).sum()

    box = [(-50, 50), (10, 50), (0, 0.2), (0, 0.2)]
    rng = np.random.default_rng(seed)
    starts = [(0.0, 40.0, 0.1, 0.1)]
    starts += [rng.uniform(*zip(*box, strict=True)) for _ in range(n_starts - 1)]
    options = {"maxiter": 2000, "maxfev": 4000}
    fits = [
        minimize(lose, start, method="Nelder-Mead", bounds=box, options=options)
        for start in starts
    ]
    best = min(fits, key=lambda fit: fit.fun)
    return best.x, -best.fun
