"""One cell's footprint and trace out of a small movie around a seed.

A footprint is the weight of a cell in each pixel. It is scaled so that the sum of its
weights equals the sum of their squares: then a projection on it is a weighted mean,
and fluorescence keeps the unit of the movie.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.floating[Any]]
    Mask = NDArray[np.bool_]

# A pixel belongs to a cell from so many standard deviations of the noise around it
# on, but never below or above these parts of the brightest pixel: a bright cell keeps
# its faint rim, which would be found as cells of their own, a dim one gathers no noise.
_ABOVE_NOISE = 3.0
_LEAST_PART, _MOST_PART = 0.1, 0.35
_ROUNDS = 2
# A footprint this many times above its noise, or less, is taken smoothed.
_SMOOTH_BELOW = 8.0
# Pixels of a first guess at the background; the rest then count within limits of it.
_FEW = 60


class Candidate(NamedTuple):
    """What a small movie holds at its seed.

    Parameters
    ----------
    footprint
        Weight of each pixel of the small movie, zero outside the cell.
    trace
        Fluorescence above baseline at each of its times, not negative.
    agreement
        Correlation of the traces of the two halves of the footprint that interleave
        like the fields of a chessboard: photon noise has none.
    peak
        Highest point of the trace over the standard deviation of its noise.
    n_pixels
        Pixels of the footprint.
    length
        Longest over shortest axis of the footprint, 1 for a disk.
    """

    footprint: Floats
    trace: Floats
    agreement: float
    peak: float
    n_pixels: int
    length: float


def fit_candidate(movie: Floats, seed: tuple[int, int], diameter: float) -> Candidate:
    """Fit one footprint and its trace to a small movie.

    Alternating least squares of rank one, both factors kept from being negative, from
    the mean around the seed (the initialisation of CNMF-E, Zhou et al., eLife 7:e28728,
    2018, on local background instead of a ring model).

    Parameters
    ----------
    movie
        Residual fluorescence, shape (n_times, rows, columns).
    seed
        Row and column that the cell is expected at, px.
    diameter
        Of a cell, px.

    Returns
    -------
    Candidate
        With `n_pixels` 0 where nothing stands out.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> movie = rng.normal(size=(200, 17, 17)).astype("float32")
    >>> movie[50:60, 6:11, 6:11] += 5
    >>> found = fit_candidate(movie, (8, 8), 5.0)
    >>> found.agreement > 0.9, found.footprint[6:11, 6:11].sum() > 20
    (True, np.True_)
    """
    rows, columns = np.indices(movie.shape[1:])
    distance = np.hypot(rows - seed[0], columns - seed[1])
    data = _remove_background(movie, distance, diameter)
    near = distance <= 0.9 * diameter
    weight = np.exp(-0.5 * (distance / (0.25 * diameter)) ** 2).astype(np.float32)
    trace = data @ (weight / weight.sum()).ravel()
    data -= data[trace <= np.median(trace)].mean(axis=0)
    footprint = np.zeros(distance.shape, np.float32)
    trace = data @ (weight / weight.sum()).ravel()
    trace = np.maximum(trace - noise_of(trace), 0.0)
    for _ in range(_ROUNDS):
        energy = float(trace @ trace)
        if energy <= 0.0:
            return _nothing(movie)
        image = ((trace @ data) / np.float32(energy)).reshape(distance.shape)
        footprint = _clean(image, near, seed)
        if not footprint.any():
            return _nothing(movie)
        trace = np.maximum(data @ footprint.ravel() / (footprint**2).sum(), 0.0)
    free = data @ footprint.ravel() / (footprint**2).sum()
    return Candidate(
        footprint=footprint,
        trace=np.maximum(free, 0.0),
        agreement=_agreement(data, footprint),
        peak=float(free.max()) / max(noise_of(free), 1e-9),
        n_pixels=int(np.count_nonzero(footprint)),
        length=_length(footprint),
    )


def normalise(footprint: Floats) -> Floats:
    """Scale a footprint so that the sum of its weights is that of their squares.

    Parameters
    ----------
    footprint
        Weights, not negative, any shape.

    Returns
    -------
    Floats
        Shape of `footprint`.

    Examples
    --------
    >>> normalise(np.array([2.0, 2.0, 0.0], "float32")).tolist()
    [1.0, 1.0, 0.0]
    """
    square = float((footprint**2).sum())
    return footprint * np.float32(float(footprint.sum()) / square if square else 0.0)


def noise_of(trace: Floats) -> float:
    """Return the standard deviation of a trace's noise, from its differences.

    The median of the absolute differences does not see transients.

    Parameters
    ----------
    trace
        Shape (n_times,).

    Returns
    -------
    float
        Unit of `trace`; 0 for fewer than two samples.

    Examples
    --------
    >>> noise_of(np.zeros(5))
    0.0
    """
    if trace.size < 2:
        return 0.0
    # 0.6745 makes the median absolute deviation of a normal its standard deviation.
    return float(np.median(np.abs(np.diff(trace))) / (0.6745 * np.sqrt(2.0)))


def _remove_background(movie: Floats, distance: Floats, diameter: float) -> Floats:
    # The movie as (n_times, n_pixels), less its clipped mean well outside the seed: a
    # plain mean would take a neighbour's transients for background.
    flat = movie.reshape(movie.shape[0], -1)
    around = np.nonzero((distance > 1.1 * diameter).ravel())[0]
    if around.size == 0:
        return flat.copy()
    ring = flat[:, around]
    middle = np.median(ring[:, :: -(-around.size // _FEW)], axis=1, keepdims=True)
    ring -= middle
    limit = float(ring.std())
    middle += np.clip(ring, -limit, limit).mean(axis=1, keepdims=True)
    return flat - middle


def _clean(image: Floats, near: Mask, seed: tuple[int, int]) -> Floats:
    # The one bright piece of an image that lies nearest to the seed.
    smooth_all = _smooth(image)
    smooth = np.where(near, smooth_all, 0.0)
    rows, columns = np.nonzero(near)
    close = np.hypot(rows - seed[0], columns - seed[1]) <= 2.0
    peak = np.argmax(np.where(close, smooth[rows, columns], -np.inf))
    top = float(smooth[rows[peak], columns[peak]])
    if not top > 0.0:
        return np.zeros_like(image)
    far = ~near
    noise = float(smooth_all[far].std()) if far.any() else 0.0
    floor = np.clip(_ABOVE_NOISE * noise / top, _LEAST_PART, _MOST_PART) * top
    piece = _connected(smooth > floor, int(rows[peak]), int(columns[peak]))
    # The surer the image, the less it needs the smoothing that blurs its edge.
    blur = np.float32(min(1.0, _SMOOTH_BELOW * noise / top))
    mixed = blur * smooth + (1 - blur) * image
    return normalise(np.where(piece, np.maximum(mixed, 0.0), 0.0).astype(np.float32))


def _smooth(image: Floats) -> Floats:
    # The image smoothed by a binomial of three pixels a side.
    padded = np.pad(image, 1, mode="edge")
    down = padded[:-2] + 2.0 * padded[1:-1] + padded[2:]
    return (down[:, :-2] + 2.0 * down[:, 1:-1] + down[:, 2:]) / np.float32(16.0)


def _connected(mask: Mask, row: int, column: int) -> Mask:
    # The piece of a mask that is joined to one of its pixels by sides.
    piece = np.zeros_like(mask)
    piece[row, column] = mask[row, column]
    while True:
        grown = piece.copy()
        grown[1:] |= piece[:-1]
        grown[:-1] |= piece[1:]
        grown[:, 1:] |= piece[:, :-1]
        grown[:, :-1] |= piece[:, 1:]
        grown &= mask
        if np.array_equal(grown, piece):
            return piece
        piece = grown


def _agreement(data: Floats, footprint: Floats) -> float:
    # The correlation of the traces of two interleaved halves.
    rows, columns = np.indices(footprint.shape)
    even = ((rows + columns) % 2 == 0).ravel()
    flat = footprint.ravel()
    halves = np.stack((data @ (flat * even), data @ (flat * ~even)))
    halves -= halves.mean(axis=1, keepdims=True)
    square = (halves**2).sum(axis=1)
    size = float(np.sqrt(square[0] * square[1]))
    return float(halves[0] @ halves[1]) / size if size > 0.0 else 0.0


def _length(footprint: Floats) -> float:
    # The ratio of the longest to the shortest axis, from second moments.
    rows, columns = np.nonzero(footprint)
    places = np.stack((rows, columns)).astype(np.float64)
    weight = footprint[rows, columns].astype(np.float64)
    weight /= weight.sum()
    places -= (places @ weight)[:, None]
    # A pixel is itself a twelfth of a square wide: one row of pixels has a breadth.
    moments = (places * weight) @ places.T + np.eye(2) / 12.0
    short, long = np.linalg.eigvalsh(moments)
    return float(np.sqrt(long / short))


def _nothing(movie: Floats) -> Candidate:
    # What is said of a place where nothing stands out.
    empty = np.zeros(movie.shape[1:], np.float32)
    return Candidate(empty, np.zeros(movie.shape[0], np.float32), 0.0, 0.0, 0, 1.0)
