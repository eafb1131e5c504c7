"""The whole chain of a recording: bleaching, reference, z-score, even rate."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from ranvier.analysis.arguments import check_option, make_shape_error
from ranvier.analysis.faults import SignalFault
from ranvier.analysis.provenance import Provenance, make_provenance
from ranvier.analysis.signals._correction import BaselineMethod, compute_baseline
from ranvier.analysis.signals._inputs import as_columns, as_signal, as_times
from ranvier.analysis.signals._isosbestic import IsosbesticFit, fit_isosbestic
from ranvier.analysis.signals._resampling import (
    Interpolation,
    align_reference,
    find_gaps,
    resample_signal,
)
from ranvier.analysis.signals._scaling import compute_dff, compute_zscore

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ranvier.analysis.arrays import ArrayLike, FloatArray

__all__ = ["PreprocessOptions", "Preprocessed", "preprocess"]


_MOST = 0.5


@dataclass(frozen=True)
class PreprocessOptions:
    """How a signal is preprocessed.

    Parameters
    ----------
    baseline
        F0: ``"lowpass"``, or an exponential, ``"single"`` or ``"double"``.
    cutoff_hz, filter_order
        Of the low-pass baseline.
    reference
        Regression on the reference: ``"irls"``, ``"ols"``, or ``"none"``: the
        reference is not used.
    is_aligned
        Interpolate the reference to the signal's own times first.
    zscore
        ``"standard"``, ``"modified"``, ``"baseline"`` (of `zscore_window`), or
        ``"none"``: the residual in ΔF/F.
    zscore_window
        Start and end of the baseline, s, on the signal's clock.
    rate_hz, interpolation
        Of the even times; ``"pchip"`` or ``"linear"``.
    max_gap_s
        Gaps longer than this stay empty, s; 3 median intervals unless given.
    order
        ``"zscore_last"``: what is stored has mean 0 and SD 1. ``"resample_last"``:
        z-score first, after which the SD of what is stored is below 1.
    """

    baseline: BaselineMethod = "lowpass"
    cutoff_hz: float = 0.01
    filter_order: int = 3
    reference: Literal["irls", "ols", "none"] = "irls"
    is_aligned: bool = True
    zscore: Literal["standard", "modified", "baseline", "none"] = "standard"
    zscore_window: tuple[float, float] | None = None
    rate_hz: float = 30.0
    interpolation: Interpolation = "pchip"
    max_gap_s: float | None = None
    order: Literal["zscore_last", "resample_last"] = "zscore_last"


@dataclass(frozen=True)
class Preprocessed:
    """What came of a recording.

    Parameters
    ----------
    t
        Even times, shape (m,), s, on the signal's clock.
    signal
        Shape (m,) or (m, n_channels), z-score or ΔF/F. NaN in gaps, and in channels
        that have a fault.
    t_samples
        The signal's own times, shape (n_samples,), s.
    baseline, baseline_reference
        F0 of both bands at these times, shape of the raw signal, its unit; the second
        None without a reference.
    dff, dff_reference
        ΔF/F of both bands at these times.
    fits
        Regression on the reference, one a channel; None without one.
    notes
        What to know of each channel, one tuple a channel.
    faults
        What is wrong with channels that could not be processed, by their place.
    provenance
        How it was made.
    """

    t: FloatArray
    signal: FloatArray
    t_samples: FloatArray
    baseline: FloatArray
    baseline_reference: FloatArray | None
    dff: FloatArray
    dff_reference: FloatArray | None
    fits: tuple[IsosbesticFit | None, ...]
    notes: tuple[tuple[str, ...], ...]
    faults: Mapping[int, SignalFault]
    provenance: Provenance


def preprocess(
    t: ArrayLike,
    signal: ArrayLike,
    t_reference: ArrayLike | None = None,
    reference: ArrayLike | None = None,
    options: PreprocessOptions | None = None,
    compat: Literal["iblnm"] | None = None,
) -> Preprocessed:
    """Take a recording from raw fluorescence to a z-score at an even rate.

    ΔF/F of each band by its own baseline; regression of the signal on the reference,
    whose residual remains; even times; z-score.

    Parameters
    ----------
    t
        Sample times of the signal, shape (n_samples,), s, rising.
    signal
        Raw fluorescence, shape (n_samples,) or (n_samples, n_channels), any unit.
    t_reference
        Sample times of the reference, shape (m,), s, on the same clock; those of the
        signal unless given.
    reference
        Raw fluorescence of the isosbestic band, with as many channels. Without it,
        there is no regression.
    options
        How; those of `PreprocessOptions` unless given.
    compat
        ``"iblnm"``: exactly as the IBL neuromodulators pipeline, whatever the options:
        ordinary least squares sample by sample with the bands half a frame apart,
        z-score before resampling, gaps bridged, also for the filter.

    Returns
    -------
    Preprocessed

    Raises
    ------
    AnalysisError
        If shapes do not fit or an option is none of those known.
    SignalFault
        If times do not rise, or no channel can be processed: the fault of the first.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> t = np.arange(0.0, 300.0, 1 / 30)
    >>> raw = 1.0 + 0.1 * np.exp(-t / 100) + rng.normal(0, 0.01, t.size)
    >>> done = preprocess(t, raw, t + 1 / 60, 2.0 + rng.normal(0, 0.01, t.size))
    >>> done.signal.shape, round(float(done.signal.std()), 6)
    ((8999,), 1.0)
    """
    options = _choose(options, compat)
    raw = as_signal(signal)
    times = as_times(t, raw.shape[0])
    bands = [_Band(times, as_columns(raw))]
    if reference is not None and options.reference != "none":
        bands.append(_take_reference(bands[0], t_reference, reference))
        if compat:
            bands = _cut_to_shortest(bands)
    faults = _find_constant(bands)
    is_even = compat is not None
    bases = [_baselines(band, options, faults, is_even) for band in bands]
    dim = _find_dim(bases, faults)
    dffs = [compute_dff(b.columns, f0) for b, f0 in zip(bands, bases, strict=True)]
    rest, fits = _subtract_reference(bands, dffs, options, faults)
    even, values = _scale_and_resample(bands[0].t, rest, options, faults)
    n_channels = rest.shape[1]
    if len(faults) == n_channels:
        raise faults[min(faults)]
    gaps = _note_gaps(bands[0].t, options)
    told = [fit.warnings if fit else () for fit in fits]
    shape = raw.shape[1:]
    return Preprocessed(
        t=even,
        signal=values.reshape(-1, *shape),
        t_samples=bands[0].t,
        baseline=bases[0].reshape(-1, *shape),
        baseline_reference=bases[1].reshape(-1, *shape) if len(bases) > 1 else None,
        dff=dffs[0].reshape(-1, *shape),
        dff_reference=dffs[1].reshape(-1, *shape) if len(dffs) > 1 else None,
        fits=tuple(fits),
        notes=tuple(gaps + d + w for d, w in zip(dim, told, strict=True)),
        faults=faults,
        provenance=make_provenance(
            "preprocess",
            {**asdict(options), "compat": compat, "has_reference": len(bands) > 1},
            n_samples=bands[0].t.size,
            n_channels=n_channels,
            n_failed=len(faults),
        ),
    )


@dataclass(frozen=True)
class _Band:
    t: FloatArray
    columns: FloatArray


def _choose(
    options: PreprocessOptions | None, compat: Literal["iblnm"] | None
) -> PreprocessOptions:
    if compat is not None:
        check_option("compat", compat, ("iblnm",))
        return PreprocessOptions(
            reference="ols", is_aligned=False, max_gap_s=np.inf, order="resample_last"
        )
    options = options or PreprocessOptions()
    check_option("the reference", options.reference, ("irls", "ols", "none"))
    check_option(
        "the z-score", options.zscore, ("standard", "modified", "baseline", "none")
    )
    check_option("the order", options.order, ("zscore_last", "resample_last"))
    return replace(options)


def _take_reference(
    band: _Band, t_reference: ArrayLike | None, reference: ArrayLike
) -> _Band:
    columns = as_columns(as_signal(reference))
    if columns.shape[1] != band.columns.shape[1]:
        raise make_shape_error(
            f"a reference of {columns.shape[1]} channels",
            f"one for each of {band.columns.shape[1]}",
        )
    times = band.t if t_reference is None else t_reference
    return _Band(as_times(times, columns.shape[0]), columns)


def _cut_to_shortest(bands: list[_Band]) -> list[_Band]:
    n = min(band.t.size for band in bands)
    return [_Band(band.t[:n], band.columns[:n]) for band in bands]


def _find_constant(bands: list[_Band]) -> dict[int, SignalFault]:
    """Find dead channels in raw data: in ΔF/F, a constant is noise of rounding."""
    faults: dict[int, SignalFault] = {}
    for name, band in zip(("signal", "reference"), bands, strict=False):
        for channel, column in enumerate(band.columns.T):
            known = column[np.isfinite(column)]
            if known.size and np.ptp(known) > 1e-12 * np.abs(known).max():
                continue
            is_empty = known.size == 0
            fault = SignalFault(
                f"the {name} {'has no finite sample' if is_empty else 'is constant'}.",
                found=f"{column.size} NaN" if is_empty else f"always {known[0]:g}",
                mend="leave the channel out; see what QC says of it",
            )
            faults.setdefault(channel, fault)
    if len(faults) == bands[0].columns.shape[1]:
        raise faults[0]
    return faults


def _baselines(
    band: _Band,
    options: PreprocessOptions,
    faults: dict[int, SignalFault],
    is_even: bool,
) -> FloatArray:
    if options.baseline == "lowpass":
        return compute_baseline(
            band.t,
            band.columns,
            "lowpass",
            cutoff_hz=options.cutoff_hz,
            order=options.filter_order,
            is_even=is_even,
        )
    baseline = np.full_like(band.columns, np.nan)
    for channel, column in enumerate(band.columns.T):
        if channel in faults:
            continue
        try:
            baseline[:, channel] = compute_baseline(band.t, column, options.baseline)
        except SignalFault as fault:
            faults.setdefault(channel, fault)
    return baseline


def _find_dim(
    bases: list[FloatArray], faults: dict[int, SignalFault]
) -> list[tuple[str, ...]]:
    """Find channels whose F0 is not above 0: in most samples a fault, else a note."""
    notes: list[tuple[str, ...]] = [()] * bases[0].shape[1]
    for name, base in zip(("signal", "reference"), bases, strict=False):
        for channel, baseline in enumerate(base.T):
            known = baseline[np.isfinite(baseline)]
            share = float(np.mean(known <= 0.0)) if known.size else 0.0
            if share > _MOST:
                fault = SignalFault(
                    f"the baseline of the {name} is not above zero: ΔF/F has no "
                    "meaning.",
                    found=f"F0 from {known.min():.3g} to {known.max():.3g}",
                    wanted="fluorescence with all of its light",
                    mend="give the raw signal, with no mean or dark level subtracted",
                )
                faults.setdefault(channel, fault)
            elif share > 0.0:
                told = f"{share:.1%} of the {name} is empty: F0 is not above zero there"
                notes[channel] += (told,)
    return notes


def _subtract_reference(
    bands: list[_Band],
    dffs: list[FloatArray],
    options: PreprocessOptions,
    faults: dict[int, SignalFault],
) -> tuple[FloatArray, list[IsosbesticFit | None]]:
    signal, n_channels = dffs[0], dffs[0].shape[1]
    if len(bands) == 1 or options.reference == "none":
        return signal, [None] * n_channels
    reference = dffs[1]
    if options.is_aligned and np.isfinite(reference).any():
        reference = align_reference(
            bands[0].t, bands[1].t, reference, max_gap_s=options.max_gap_s
        )
    if reference.shape != signal.shape:
        raise make_shape_error(
            f"a reference of {reference.shape[0]} samples",
            f"{signal.shape[0]} samples, as the signal, or to be aligned",
        )
    rest = np.full_like(signal, np.nan)
    fits: list[IsosbesticFit | None] = [None] * n_channels
    for channel in range(n_channels):
        if channel in faults:
            continue
        try:
            fit = fit_isosbestic(
                signal[:, channel], reference[:, channel], options.reference
            )
        except SignalFault as fault:
            faults.setdefault(channel, fault)
        else:
            fits[channel], rest[:, channel] = fit, fit.residual
    return rest, fits


def _scale_and_resample(
    t: FloatArray,
    rest: FloatArray,
    options: PreprocessOptions,
    faults: dict[int, SignalFault],
) -> tuple[FloatArray, FloatArray]:
    if options.order == "resample_last":
        rest = _zscore(t, rest, options, faults)
    good = [c for c in range(rest.shape[1]) if c not in faults]
    even = np.arange(t[0], t[-1], 1.0 / options.rate_hz)
    values = np.full((even.size, rest.shape[1]), np.nan)
    if good:
        _, values[:, good] = resample_signal(
            t, rest[:, good], options.rate_hz, options.interpolation, options.max_gap_s
        )
    if options.order == "zscore_last":
        values = _zscore(even, values, options, faults)
    return even, values


def _zscore(
    t: FloatArray,
    columns: FloatArray,
    options: PreprocessOptions,
    faults: dict[int, SignalFault],
) -> FloatArray:
    out = np.full_like(columns, np.nan)
    for channel in range(columns.shape[1]):
        if channel in faults:
            continue
        column = columns[:, channel]
        # Without a z-score too, a constant is a fault and no signal.
        kind = "standard" if options.zscore == "none" else options.zscore
        window = options.zscore_window if kind == "baseline" else None
        try:
            scaled = compute_zscore(column, kind, t=t, window=window)
        except SignalFault as fault:
            faults[channel] = fault
        else:
            out[:, channel] = column if options.zscore == "none" else scaled
    return out


def _note_gaps(t: FloatArray, options: PreprocessOptions) -> tuple[str, ...]:
    gaps = find_gaps(t)
    if len(gaps) == 0:
        return ()
    is_bridged = options.max_gap_s == np.inf
    return (
        f"{len(gaps)} gaps, {float(np.sum(gaps[:, 1] - gaps[:, 0])):.3g} s in all, "
        + ("bridged" if is_bridged else "left empty"),
    )
