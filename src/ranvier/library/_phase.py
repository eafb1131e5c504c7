"""Phase correlation: where an image lies against a template, to a hundredth of a pixel.

Only numbers; the nodes that use it are in `ranvier.library.motion`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.floating[Any]]
    Indices = NDArray[np.intp]
    Spectrum = NDArray[np.complexfloating[Any, Any]]

# Steps of the fine grid and its reach beyond the best whole pixel, px. The grid must
# reach a little past half a pixel, so that the parabola never starts at its rim.
_FINE_STEP = 0.1
_FINE_REACH = 0.7
# Beyond this frequency, cycles/px, a focused scene has little but photon noise.
_CORNER = 0.4


class PhaseCorrelator:
    """Measure shifts of images of one shape against templates of that shape.

    The cross spectrum is whitened to its phase (Kuglin & Hines, Proc. IEEE Conf.
    Cybernetics and Society, 1975), weighted by how far the template stands above
    the photon noise at each frequency (Knapp & Carter, IEEE Trans. ASSP 24:320,
    1976; the noise is read from the corners of the spectrum) and searched in two
    steps: whole pixels by an inverse transform, then a fine grid around the best
    one by matrix products with the same spectrum (Guizar-Sicairos, Thurman &
    Fienup, Optics Letters 33:156, 2008), ended by a parabola.

    Parameters
    ----------
    shape
        Rows and columns of the images, px.
    max_shift
        Largest shift that is looked for along each axis, px.
    smoothing
        Standard deviation of the Gaussian that blurs the correlation, px.

    Examples
    --------
    >>> import numpy as np
    >>> image = np.random.default_rng(0).normal(size=(64, 64)).astype("float32")
    >>> correlator = PhaseCorrelator((64, 64), max_shift=8)
    >>> template = correlator.transform(image)
    >>> moved = np.roll(image, (3, -2), axis=(0, 1))
    >>> [round(float(value)) for value in correlator.locate(moved, template)]
    [3, -2]
    """

    def __init__(
        self, shape: tuple[int, int], max_shift: float, smoothing: float = 0.7
    ) -> None:
        self.shape = shape
        rows, columns = shape
        reach = [max(1, min(int(np.ceil(max_shift)), n // 2 - 1)) for n in shape]
        self._reach = (reach[0], reach[1])
        self._limit = min(float(max_shift), float(max(reach)))
        self._window = taper(rows)[:, None] * taper(columns)[None, :]
        self._weight, self._corner = frequency_weights(shape, smoothing)
        steps = np.arange(-_FINE_REACH, _FINE_REACH + _FINE_STEP / 2, _FINE_STEP)
        self._steps = steps.astype(np.float32)
        self._fine_y = fourier_basis(rows, self._steps, half=False)
        self._fine_x = fourier_basis(columns, self._steps, half=True)
        self._ky, self._kx = np.fft.fftfreq(rows), np.fft.rfftfreq(columns)

    def transform(self, image: Floats) -> Spectrum:
        """Return the spectrum of a tapered image, its mean taken off.

        Parameters
        ----------
        image
            Shape (rows, columns).

        Returns
        -------
        Spectrum
            Half spectrum, shape (rows, columns // 2 + 1).
        """
        tapered = image - image.mean()
        tapered *= self._window
        return np.fft.rfft2(tapered)

    def locate(self, image: Floats, template: Spectrum) -> Floats:
        """Measure how far an image is moved against the template, in two passes.

        The taper stands still while the image moves, which pulls large shifts
        towards zero (0.04 px rms at up to 6 px on a 128 x 128 scene). So the image
        is rolled back by the nearest whole shift and measured again (0.015 px).

        Parameters
        ----------
        image
            Shape (rows, columns).
        template
            Result of `transform` of the template.

        Returns
        -------
        Floats
            Shift along rows and columns, px, shape (2,): the image is the template
            moved by this much. Zeros when there is nothing to correlate.
        """
        shift = self.measure(self.transform(image), template)
        whole = np.rint(shift).astype(np.intp)
        if whole.any():
            back = np.roll(image, (-int(whole[0]), -int(whole[1])), axis=(0, 1))
            shift = whole + self.measure(self.transform(back), template)
        return np.clip(shift, -self._limit, self._limit).astype(np.float32)

    def measure(self, spectrum: Spectrum, template: Spectrum) -> Floats:
        """Measure a shift from two spectra, in one pass.

        Parameters
        ----------
        spectrum, template
            Results of `transform`, of the image and of the template.

        Returns
        -------
        Floats
            Shift along rows and columns, px, shape (2,).
        """
        cross = whiten(spectrum, template, self._weight, self._corner)
        if cross is None:
            return np.zeros(2, np.float32)
        coarse = self._whole_pixel(cross)
        return self._part_pixel(cross, coarse)

    def _whole_pixel(self, cross: Spectrum) -> tuple[int, int]:
        # The best whole-pixel shift within reach.
        plane = np.fft.irfft2(cross, s=self.shape)
        ry, rx = self._reach
        near = np.concatenate((plane[-ry:], plane[: ry + 1]))
        near = np.concatenate((near[:, -rx:], near[:, : rx + 1]), axis=1)
        row, column = divmod(int(near.argmax()), 2 * rx + 1)
        return row - ry, column - rx

    def _part_pixel(self, cross: Spectrum, coarse: tuple[int, int]) -> Floats:
        # The best place on the fine grid around a whole-pixel shift.
        turn_y = np.exp(2j * np.pi * coarse[0] * self._ky).astype(np.complex64)
        turn_x = np.exp(2j * np.pi * coarse[1] * self._kx).astype(np.complex64)
        left = (self._fine_y * turn_y) @ cross
        plane = (left @ (self._fine_x * turn_x).T).real
        return refine_peaks(plane[None], self._steps)[0] + np.asarray(
            coarse, np.float32
        )


def whiten(
    spectrum: Spectrum, template: Spectrum, weight: Floats, corner: Floats
) -> Spectrum | None:
    """Return the phase of a cross spectrum, weighted by its signal to noise.

    Parameters
    ----------
    spectrum, template
        Half spectra, shape (..., rows, columns // 2 + 1).
    weight
        Further weight of each frequency, shape (rows, columns // 2 + 1).
    corner
        Weights, summing to one, of the frequencies that the power of the noise is
        read from, shape (rows, columns // 2 + 1).

    Returns
    -------
    Spectrum or None
        Shape of `spectrum`; None when there is nothing to correlate.
    """
    cross = spectrum * template.conj()
    size = np.abs(cross)
    top = float(size.max())
    if not np.isfinite(top) or top <= 0.0:
        return None
    noise = np.einsum("...yx,yx->...", power(spectrum), corner)[..., None, None]
    signal = power(template)
    gain = weight * signal
    signal += noise
    signal += 1e-9 * float(signal.max())
    size += 1e-9 * top
    signal *= size
    gain /= signal
    cross *= gain
    return cross


def power(spectrum: Spectrum) -> Floats:
    """Return the squared size of each frequency.

    Parameters
    ----------
    spectrum
        Any shape.

    Returns
    -------
    Floats
        Shape of `spectrum`.
    """
    return spectrum.real**2 + spectrum.imag**2


def frequency_weights(
    shape: tuple[int, int], smoothing: float
) -> tuple[Floats, Floats]:
    """Return the low-pass of a correlation, and where its noise is read.

    Parameters
    ----------
    shape
        Rows and columns of the image, px.
    smoothing
        Standard deviation of the Gaussian that blurs the correlation, px.

    Returns
    -------
    tuple of Floats
        `weight` and `corner` of `whiten`, shape (rows, columns // 2 + 1).
    """
    ky, kx = np.fft.fftfreq(shape[0]), np.fft.rfftfreq(shape[1])
    square = ky[:, None] ** 2 + kx[None, :] ** 2
    weight = np.exp(-2.0 * (np.pi * smoothing) ** 2 * square).astype(np.float32)
    weight[0, 0] = 0.0
    corner = (square > _CORNER**2).astype(np.float32)
    return weight, corner / corner.sum()


def fourier_basis(n: int, places: Floats, half: bool) -> Spectrum:
    """Return the matrix that sums a spectrum at places between the pixels.

    Parameters
    ----------
    n
        Length of the axis, px.
    places
        Where to sum, px, shape (n_places,).
    half
        True for the axis of which a real transform keeps one half.

    Returns
    -------
    Spectrum
        Shape (n_places, n) or, for a half, (n_places, n // 2 + 1).
    """
    frequency = np.fft.rfftfreq(n) if half else np.fft.fftfreq(n)
    basis = np.exp(2j * np.pi * np.outer(places, frequency))
    if half:
        # A real image's columns beyond the half are conjugates: count twice.
        basis[:, 1 : (n + 1) // 2] *= 2.0
    return basis.astype(np.complex64)


def refine_peaks(planes: Floats, steps: Floats) -> Floats:
    """Return the places of the maxima of sampled surfaces, by a parabola per axis.

    Parameters
    ----------
    planes
        Samples, shape (n_planes, n, n).
    steps
        Where they were taken along either axis, evenly spaced, shape (n,).

    Returns
    -------
    Floats
        Places along rows and columns, unit of `steps`, shape (n_planes, 2).

    Examples
    --------
    >>> steps = np.arange(-3, 4, dtype="float32")
    >>> bowl = -((steps[:, None] - 0.25) ** 2) - (steps[None, :] + 1.5) ** 2
    >>> refine_peaks(bowl[None], steps).tolist()
    [[0.25, -1.5]]
    """
    n_planes, n = planes.shape[0], steps.size
    each: Indices = np.arange(n_planes, dtype=np.intp)
    row, column = np.divmod(planes.reshape(n_planes, -1).argmax(axis=1), n)
    width = float(steps[1] - steps[0])
    places = np.empty((n_planes, 2), np.float32)
    places[:, 0] = steps[row] + width * _vertex(planes[each, :, column], row)
    places[:, 1] = steps[column] + width * _vertex(planes[each, row], column)
    return places


def _vertex(lines: Floats, peak: Indices) -> Floats:
    # The vertex of the parabola through each line's peak, in samples from it.
    each: Indices = np.arange(lines.shape[0], dtype=np.intp)
    inner = np.clip(peak, 1, lines.shape[1] - 2)
    before, after = lines[each, inner - 1], lines[each, inner + 1]
    bend = before - 2.0 * lines[each, inner] + after
    # A flat line, or a peak at the rim, has no vertex: stay on the sample.
    sound = (bend < 0.0) & (inner == peak)
    offset = 0.5 * (before - after) / np.where(sound, bend, 1.0)
    return np.where(sound, np.clip(offset, -0.5, 0.5), 0.0)


def taper(n: int) -> Floats:
    """Return a window that falls to zero over an eighth of its length at each end.

    Parameters
    ----------
    n
        Length, samples.

    Returns
    -------
    Floats
        Values between 0 and 1, shape (n,).
    """
    ramp = max(1, n // 8)
    edge = 0.5 - 0.5 * np.cos(np.pi * (np.arange(ramp) + 0.5) / ramp)
    window = np.ones(n, np.float32)
    window[:ramp] = edge
    window[n - ramp :] = edge[::-1]
    return window
