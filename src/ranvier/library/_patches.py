"""Shift of each patch of an image against a template, as one smooth field.

The idea of registering overlapping patches and joining their shifts is that of
NoRMCorre (Pnevmatikakis & Giovannucci, J. Neurosci. Methods 291:83, 2017).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ranvier.library._phase import fourier_basis, refine_peaks, taper

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.floating[Any]]
    Spectrum = NDArray[np.complexfloating[Any, Any]]

# Scales kept of the image, px: finer is photon noise, coarser is brightness.
_FINE, _COARSE = 0.7, 6.0
# Spacing at which correlations are sampled, px; a parabola refines between.
_STEP = 0.25
# How far a patch listens to its neighbours, in patch spacings, and a little to all:
# a patch without structure of its own then follows the others.
_NEIGHBOURS = 0.5
_ALL = 0.02


class PatchTemplate(NamedTuple):
    """What patches of a template are compared by; see `PatchField.transform`."""

    spectra: list[Spectrum]
    energy: list[Floats]


class PatchField:
    """Measure how overlapping patches of an image moved, in small batches of products.

    A patch of the image, faded out towards its edge, is laid over the template at
    every shift, and the sum of squared differences is least where it fits. Only the
    image fades, so the fade does not hold the patch back; phase correlation of faded
    patches of this size measured half of the true shift. The squares are products of
    spectra, summed between the pixels as by Guizar-Sicairos et al. (2008).

    Parameters
    ----------
    shape
        Rows and columns of the images, px.
    patch
        Side of a patch, px; neighbours overlap by at least one half.
    reach
        Largest shift that is looked for along each axis, px.
    """

    def __init__(self, shape: tuple[int, int], patch: int, reach: float) -> None:
        side = (min(patch, shape[0]), min(patch, shape[1]))
        rows, columns = (
            _starts(size, length) for size, length in zip(shape, side, strict=True)
        )
        self.grid = (rows.size, columns.size)
        self._shape = shape
        inner = np.arange(side[0])[:, None] * shape[1] + np.arange(side[1])
        corners = (rows[:, None] * shape[1] + columns[None, :]).ravel()
        # One row of patches at a time: all at once would be arrays so large that each
        # is fetched from the system anew, which doubled the time of a frame.
        pixels = corners[:, None, None] + inner
        self._pixels = list(pixels.reshape(rows.size, columns.size, *side))
        self._band = _band_pass(shape)
        margin = min(int(np.ceil(reach)), min(side) // 4)
        fade = [_fade(length, margin) for length in side]
        self._window = fade[0][:, None] * fade[1][None, :]
        self._window_spectrum = np.fft.rfft2(self._window)
        n_steps = int(np.ceil(reach / _STEP))
        self._steps = (np.arange(-n_steps, n_steps + 1) * _STEP).astype(np.float32)
        self._basis_y = fourier_basis(side[0], self._steps, half=False)
        self._basis_x = fourier_basis(side[1], self._steps, half=True).T.copy()
        self._blend = np.kron(_listen(rows.size), _listen(columns.size))
        self._blend += np.float32(_ALL / self._blend.shape[0])
        self._spread_y = _spread(shape[0], rows + (side[0] - 1) / 2)
        self._spread_x = _spread(shape[1], columns + (side[1] - 1) / 2).T.copy()

    def transform(self, template: Floats) -> PatchTemplate:
        """Prepare a template to be compared with.

        Parameters
        ----------
        template
            Shape (rows, columns).

        Returns
        -------
        PatchTemplate
            Spectra of its patches, and half of their energy under the fade at each
            shift.
        """
        image = self._pass_band(template)
        spectra: list[Spectrum] = []
        energy: list[Floats] = []
        for pixels in self._pixels:
            patches = image.take(pixels)
            spectra.append(np.fft.rfft2(patches).conj())
            patches *= patches
            product = np.fft.rfft2(patches).conj()
            product *= self._window_spectrum
            energy.append(0.5 * self._sum(product))
        return PatchTemplate(spectra, energy)

    def measure(self, image: Floats, template: PatchTemplate) -> Floats:
        """Measure how each patch of an image is moved against the template.

        Parameters
        ----------
        image
            Shape (rows, columns).
        template
            Result of `transform`.

        Returns
        -------
        Floats
            Shifts along rows and columns, px, shape (*grid, 2).
        """
        passed = self._pass_band(image)
        planes: list[Floats] = []
        for row, pixels in enumerate(self._pixels):
            patches = passed.take(pixels)
            patches *= self._window
            cross = np.fft.rfft2(patches)
            cross *= template.spectra[row]
            planes.append(self._sum(cross) - template.energy[row])
        n_steps = self._steps.size
        joined = self._blend @ np.concatenate(planes).reshape(-1, n_steps**2)
        shifts = refine_peaks(joined.reshape(-1, n_steps, n_steps), self._steps)
        return shifts.reshape(*self.grid, 2)

    def _pass_band(self, image: Floats) -> Floats:
        # The image freed of noise and of brightness.
        spectrum = np.fft.rfft2(image)
        spectrum *= self._band
        return np.fft.irfft2(spectrum, s=self._shape)

    def _sum(self, spectra: Spectrum) -> Floats:
        # The planes of spectra at every shift looked for.
        return ((self._basis_y @ spectra) @ self._basis_x).real

    def expand(self, field: Floats) -> tuple[Floats, Floats]:
        """Return the shift of each pixel, linear between the centres of the patches.

        Parameters
        ----------
        field
            Shape (*grid, 2), px.

        Returns
        -------
        tuple of Floats
            Shift along rows and along columns, px, each of the shape of the image.
        """
        down = self._spread_y @ field[..., 0] @ self._spread_x
        right = self._spread_y @ field[..., 1] @ self._spread_x
        return down, right


def _starts(size: int, side: int) -> NDArray[np.intp]:
    # Where patches begin so that neighbours overlap by at least one half.
    n = 1 + int(np.ceil((size - side) / max(1, side // 2)))
    return np.rint(np.linspace(0, size - side, n)).astype(np.intp)


def _listen(n: int) -> Floats:
    # How much each of n patches in a row weighs for each other.
    distance = np.arange(n)[:, None] - np.arange(n)[None, :]
    weight = np.exp(-(distance**2) / (2 * _NEIGHBOURS**2))
    return (weight / weight.sum(axis=1, keepdims=True)).astype(np.float32)


def _spread(size: int, centers: Floats) -> Floats:
    # The matrix of linear interpolation from patch centres to pixels.
    pixels = np.arange(size)
    columns = [np.interp(pixels, centers, unit) for unit in np.eye(centers.size)]
    return np.stack(columns, axis=1).astype(np.float32)


def _fade(n: int, margin: int) -> Floats:
    # A window that is zero in a margin and tapers inside it.
    window = np.zeros(n, np.float32)
    window[margin : n - margin] = taper(n - 2 * margin)
    return window


def _band_pass(shape: tuple[int, int]) -> Floats:
    # The filter that keeps scales between noise and brightness.
    ky, kx = np.fft.fftfreq(shape[0]), np.fft.rfftfreq(shape[1])
    square = -2.0 * np.pi**2 * (ky[:, None] ** 2 + kx[None, :] ** 2)
    band = np.exp(square * _FINE**2) - np.exp(square * _COARSE**2)
    return band.astype(np.float32)
