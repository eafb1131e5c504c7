"""Find the real cells in the demo's crop offline and write their footprints.

Run as `python tools/make_demo_cells.py SOURCE.h5 OUT.h5 [--cells N]`. All frames
of the source are used, more than the demo's movie holds. The method is the greedy
start of CNMF (Pnevmatikakis et al., Neuron 2016): take the brightest spot of what
is left, factorise its neighbourhood at rank one with both factors non-negative,
subtract, repeat; here the spot is sought in the third moment over time, which
transients have and noise has not.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import h5py
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
REACH = 7  # px; half the window around a seed: cells here are 6 to 9 px across


def _find_cells(movie: Array, n_cells: int) -> tuple[Array, Array]:
    # Up to `n_cells` footprints, maximum 1, and the median image.
    baseline = np.median(movie, axis=0)
    # Shot noise grows with the baseline; dividing makes it even over the image.
    scale = np.sqrt(np.clip(_smooth(baseline[None], 2.0)[0], 50.0, None))
    left = _average_frames((movie - movie.mean(0)) / scale, 3)
    footprints: list[Array] = []
    blocked = np.zeros(baseline.shape, bool)
    while len(footprints) < n_cells and not blocked.all():
        spots = _smooth(left, 1.3)
        score = np.where(blocked, -np.inf, (np.clip(spots, 0, None) ** 3).mean(0))
        row, column = np.unravel_index(int(np.argmax(score)), score.shape)
        rows = slice(max(row - REACH, 0), row + REACH + 1)
        columns = slice(max(column - REACH, 0), column + REACH + 1)
        window = left[:, rows, columns]
        weights, trace = _factorise(window, (row - rows.start, column - columns.start))
        left[:, rows, columns] -= weights * trace[:, None, None]
        blocked[max(row - 2, 0) : row + 3, max(column - 2, 0) : column + 3] = True
        image = np.zeros_like(baseline)
        image[rows, columns] = weights * scale[rows, columns]
        if _looks_like_cell(image) and all(_far(image, other) for other in footprints):
            footprints.append(image / image.max())
    return np.array(footprints), baseline


def _factorise(window: Array, seed: tuple[int, int]) -> tuple[Array, Array]:
    # A footprint that hangs together at the seed, and its trace, both >= 0.
    frames = window.reshape(len(window), -1)
    weights = np.zeros(window.shape[1:])
    weights[max(seed[0] - 1, 0) : seed[0] + 2, max(seed[1] - 1, 0) : seed[1] + 2] = 1.0
    trace = np.zeros(len(window))
    for _ in range(12):
        flat = weights.ravel()
        trace = np.clip(frames @ flat / (flat @ flat), 0, None)
        # Neuropil rides on every pixel: only what exceeds the window's edge counts.
        image = (trace @ frames / (trace @ trace)).reshape(weights.shape)
        image = _smooth((image - np.median(image))[None], 0.6)[0]
        weights = _connected(np.clip(image, 0, None), seed, 0.27)
        if weights.sum() == 0:
            break
    return weights, trace


def _connected(image: Array, seed: tuple[int, int], part: float) -> Array:
    # What hangs together with the seed above a part of the maximum there.
    r, c = seed
    peak = image[max(r - 2, 0) : r + 3, max(c - 2, 0) : c + 3].max()
    above = image > part * peak
    grown = np.zeros_like(above)
    grown[max(r - 1, 0) : r + 2, max(c - 1, 0) : c + 2] = True
    grown &= above
    while True:
        wider = grown.copy()
        wider[1:] |= grown[:-1]
        wider[:-1] |= grown[1:]
        wider[:, 1:] |= grown[:, :-1]
        wider[:, :-1] |= grown[:, 1:]
        wider &= above
        if np.array_equal(wider, grown):
            return np.where(grown, image, 0.0)
        grown = wider


def _looks_like_cell(image: Array) -> bool:
    # True for full, roundish bodies of 12 to 80 px, 4 px inside the image.
    size = int((image > 0).sum())
    if not 12 <= size <= 80:
        return False
    at = np.argwhere(image > 0)
    spread = np.linalg.eigvalsh(np.cov(at.T))
    middle = np.array(_centre(image))
    inside = bool((middle >= 4).all() and (middle < np.array(image.shape) - 4).all())
    # A filled ellipse has an area of 4 pi times the root of its two spreads.
    full = size > 0.8 * 4 * np.pi * np.sqrt(spread[0] * spread[1])
    return bool(inside and full and spread[1] < 3.0 * spread[0])


def _far(one: Array, other: Array) -> bool:
    # Whether two footprints are 6 px or more apart: not parts of one body.
    return float(np.hypot(*np.subtract(_centre(one), _centre(other)))) >= 6.0


def _centre(image: Array) -> tuple[float, float]:
    # The weighted middle, row and column.
    rows, columns = np.indices(image.shape)
    total = image.sum()
    return float((rows * image).sum() / total), float((columns * image).sum() / total)


def _smooth(frames: Array, sigma: float) -> Array:
    # Frames blurred with a Gaussian of `sigma` px, edges repeated.
    reach = int(np.ceil(3 * sigma))
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    kernel /= kernel.sum()
    for axis in (1, 2):
        pad = [(0, 0)] * 3
        pad[axis] = (reach, reach)
        wide = np.pad(frames, pad, mode="edge")
        n = frames.shape[axis]
        frames = sum(
            w * np.take(wide, np.arange(k, k + n), axis) for k, w in enumerate(kernel)
        )
    return frames


def _average_frames(frames: Array, n: int) -> Array:
    # The averages of `n` frames at a time.
    whole = len(frames) // n * n
    return frames[:whole].reshape(-1, n, *frames.shape[1:]).mean(1)


def _photon_gain(movie: Array) -> float:
    # Counts a photon: slope of variance against mean over all pixels.
    #
    # The variance comes from differences of successive frames, so that slow activity
    # does not count; the middle of the brightness range only.
    mean = movie.mean(0).ravel()
    variance = np.diff(movie, axis=0).var(0).ravel() / 2
    low, high = np.quantile(mean, [0.05, 0.95])
    middle = (mean > low) & (mean < high)
    return float(np.polyfit(mean[middle], variance[middle], 1)[0])


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--cells", type=int, default=26)
    a = parser.parse_args()
    with h5py.File(a.source) as file:
        movie = np.asarray(file["mov"], np.float64)
    footprints, baseline = _find_cells(movie, a.cells)
    with h5py.File(a.out, "w", libver=("v108", "v108")) as file:
        for name, values in (("footprints", footprints), ("baseline", baseline)):
            file.create_dataset(
                name,
                data=values.astype(np.float32),
                compression="gzip",
                shuffle=True,
                track_times=False,
            )
        file.attrs["photon_gain"] = _photon_gain(movie)
        file.attrs["method"] = "greedy rank-one non-negative factorisation, offline"
    sizes = (footprints > 0).sum((1, 2))
    print(f"{len(footprints)} cells of {sizes.min()} to {sizes.max()} px")
    print(f"{_photon_gain(movie):.1f} counts a photon, {a.out.stat().st_size} bytes")


if __name__ == "__main__":
    main()
