"""Motion correction of a movie, frame by frame, against a template that it grows.

`RigidMotion` moves the whole frame, `PiecewiseMotion` lets patches of it move apart.
Both are causal: a frame is corrected with what came before it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ranvier.core import NodeError
from ranvier.library._patches import PatchField, PatchTemplate
from ranvier.library._phase import PhaseCorrelator
from ranvier.library._warp import shift_image, warp_image
from ranvier.node import Input, Output, Parameter, Transform

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Floats = NDArray[np.floating[Any]]
    Spectrum = NDArray[np.complexfloating[Any, Any]]

# Frames between refreshes of what an old template is compared by.
_REFRESH = 10


class _Motion(Transform):
    """What both ways of correction declare and keep: the template, and how it grows."""

    frame = Input(shape=("height", "width"), help="The movie, any number type.")
    corrected = Output(
        "float32", shape=("height", "width"), help="The frame, moved back."
    )
    shift = Output(
        "float32",
        shape=(2,),
        unit="px",
        help="How far the frame as a whole had moved along rows and columns.",
    )

    max_shift = Parameter(
        12.0,
        unit="px",
        minimum=1.0,
        help="Largest shift of the whole frame looked for along each axis.",
    )
    template_frames = Parameter(
        100, minimum=1, help="Frames whose mean is the first template."
    )
    template_rate = Parameter(
        0.002,
        minimum=0.0,
        maximum=1.0,
        live=True,
        help="Part of the template that each later frame replaces; 0 freezes it.",
    )

    _template: _Template | None = None

    def process(self, frame: NDArray[Any]) -> dict[str, Floats]:
        """Correct one frame.

        Parameters
        ----------
        frame
            Shape (height, width), any number type.

        Returns
        -------
        dict
            `corrected`, shape (height, width); `shift`, shape (2,), px; from
            `PiecewiseMotion` also `field`, shape (patch_rows, patch_columns, 2), px.
        """
        image = read_frame(frame)
        if np.isfinite(image).all():
            return self._correct(image)
        return self._hand_on(image)

    def checkpoint(self) -> dict[str, Any]:
        """Hand over the template.

        Returns
        -------
        dict
            `mean` and `met` (height, width) and `count`; empty before the first frame.
        """
        return {} if self._template is None else self._template.save()

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from a template handed over.

        Parameters
        ----------
        state
            Result of `checkpoint`.
        """
        self._template = None
        if state:
            self._prepare(np.shape(state["mean"])).load(state)

    def _correct(self, image: Floats) -> dict[str, Floats]:
        raise NotImplementedError

    def _hand_on(self, image: Floats) -> dict[str, Floats]:
        # Give an image that is not finite as it is, with shifts of nothing.
        raise NotImplementedError

    def _prepare(self, shape: tuple[int, int]) -> _Template:
        # An empty template for frames of a shape.
        self._template = _Template(shape, self.max_shift)
        return self._template


class RigidMotion(_Motion):
    """Move each frame back onto the template of the movie.

    The shift is measured by phase correlation (Kuglin & Hines 1975, with the sub-pixel
    search of Guizar-Sicairos et al. 2008) and undone by cubic convolution (Keys 1981).
    The template is the running mean of the first corrected frames, then follows slowly.
    A frame that is not finite is handed on as it is and leaves the template alone.

    Examples
    --------
    >>> scene = np.random.default_rng(0).normal(size=(64, 64)).astype("float32")
    >>> motion = RigidMotion(max_shift=8)
    >>> first = motion.process(scene)
    >>> moved = motion.process(np.roll(scene, (2, -1), axis=(0, 1)))
    >>> [round(float(value), 1) for value in moved["shift"]]
    [2.0, -1.0]
    """

    def _correct(self, image: Floats) -> dict[str, Floats]:
        template = self._template or self._prepare(image.shape)
        shift = template.locate(image)
        corrected = shift_image(image, shift)
        template.update(corrected, self.template_frames, self.template_rate)
        return {"corrected": corrected, "shift": shift}

    def _hand_on(self, image: Floats) -> dict[str, Floats]:
        return {"corrected": image, "shift": np.zeros(2, np.float32)}


class PiecewiseMotion(_Motion):
    """Move each part of a frame back onto the template of the movie.

    First the whole frame is registered as by `RigidMotion`, then overlapping patches
    of it, whose correlations are joined with their neighbours' and give one smooth
    field of shifts (after the idea of NoRMCorre, Pnevmatikakis & Giovannucci 2017).
    The frame is resampled once, by cubic convolution.

    Examples
    --------
    >>> scene = np.random.default_rng(0).normal(size=(96, 96)).astype("float32")
    >>> motion = PiecewiseMotion(patch=48)
    >>> first = motion.process(scene)
    >>> moved = motion.process(np.roll(scene, (2, -1), axis=(0, 1)))
    >>> moved["field"].shape
    (3, 3, 2)
    """

    field = Output(
        "float32",
        shape=("patch_rows", "patch_columns", 2),
        unit="px",
        help="How far each patch had moved, the shift of the whole included.",
    )

    max_deviation = Parameter(
        3.0, unit="px", minimum=0.5, help="Largest shift of a patch beside the whole."
    )
    patch = Parameter(48, unit="px", minimum=16, help="Side of a patch.")

    _patches: PatchField | None = None

    def _correct(self, image: Floats) -> dict[str, Floats]:
        template, patches = self._template_and_patches(image.shape)
        shift = template.locate(image)
        whole = np.rint(shift)
        back = np.roll(image, (-int(whole[0]), -int(whole[1])), axis=(0, 1))
        field = template.compare(patches, back)
        field += whole
        corrected = warp_image(image, *patches.expand(field))
        template.update(corrected, self.template_frames, self.template_rate)
        return {"corrected": corrected, "shift": shift, "field": field}

    def _hand_on(self, image: Floats) -> dict[str, Floats]:
        _, patches = self._template_and_patches(image.shape)
        still = np.zeros((*patches.grid, 2), np.float32)
        return {"corrected": image, "shift": still[0, 0], "field": still}

    def _prepare(self, shape: tuple[int, int]) -> _Template:
        # The roll back by whole pixels leaves up to half a pixel to the patches.
        self._patches = PatchField(shape, self.patch, self.max_deviation + 0.5)
        return super()._prepare(shape)

    def _template_and_patches(
        self, shape: tuple[int, int]
    ) -> tuple[_Template, PatchField]:
        template = self._template or self._prepare(shape)
        assert self._patches is not None  # noqa: S101 - made with the template
        return template, self._patches


class _Template:
    """Running mean of corrected frames, with the spectrum that frames meet.

    Frames meet the mean as it was at its last refresh: at each frame while it is
    young, then every tenth, since it hardly changes and its spectra cost time.
    """

    def __init__(self, shape: tuple[int, int], max_shift: float) -> None:
        self._correlator = PhaseCorrelator(shape, max_shift)
        self._mean: Floats = np.zeros(shape, np.float32)
        self._met: Floats = np.zeros(shape, np.float32)
        self._count = 0
        self._spectrum: Spectrum | None = None
        self._patches: PatchTemplate | None = None

    def locate(self, image: Floats) -> Floats:
        """Return the shift of an image.

        Returns
        -------
        Floats
            Shift along rows and columns, px; zeros when it is the first.

        Raises
        ------
        NodeError
            If the image is not of the size of the first.
        """
        if image.shape != self._mean.shape:
            raise NodeError(
                "the size of the frames changed.",
                code="RV-N60",
                found=f"{image.shape[0]} x {image.shape[1]} px",
                wanted=f"{self._mean.shape[0]} x {self._mean.shape[1]} px",
                mend="start a new run for a movie of another size",
            )
        if self._count == 0:
            return np.zeros(2, np.float32)
        if self._spectrum is None:
            self._spectrum = self._correlator.transform(self._met)
        return self._correlator.locate(image, self._spectrum)

    def compare(self, patches: PatchField, image: Floats) -> Floats:
        """Return the shifts of the patches of an image.

        Returns
        -------
        Floats
            Shape (*grid, 2), px; zeros when it is the first.
        """
        if self._count == 0:
            return np.zeros((*patches.grid, 2), np.float32)
        if self._patches is None:
            self._patches = patches.transform(self._met)
        return patches.measure(image, self._patches)

    def update(self, corrected: Floats, n_frames: int, rate: float) -> None:
        """Blend a corrected frame in."""
        self._count += 1
        is_young = self._count <= n_frames
        part = 1.0 / self._count if is_young else rate
        if part == 0.0:
            return
        self._mean += np.float32(part) * (corrected - self._mean)
        if is_young or self._count % _REFRESH == 0:
            np.copyto(self._met, self._mean)
            self._spectrum = self._patches = None

    def save(self) -> dict[str, Any]:
        """Return all that the template is.

        Returns
        -------
        dict
            `mean`, `met` and `count`.
        """
        return {
            "mean": self._mean.copy(),
            "met": self._met.copy(),
            "count": self._count,
        }

    def load(self, state: Mapping[str, Any]) -> None:
        """Become a template that was saved."""
        self._mean[...] = state["mean"]
        self._met[...] = state["met"]
        self._count = int(state["count"])
        self._spectrum = self._patches = None


def read_frame(frame: NDArray[Any]) -> Floats:
    """Return a frame as float32.

    Parameters
    ----------
    frame
        Shape (height, width), any number type.

    Returns
    -------
    Floats
        Shape of `frame`; the same memory where it is float32 already.

    Raises
    ------
    NodeError
        If it has not two dimensions, or is too small to be registered.
    """
    image = np.asarray(frame, dtype=np.float32)
    if image.ndim != 2 or min(image.shape) < 8:
        raise NodeError(
            "a frame has not the shape of an image.",
            code="RV-N61",
            found=f"shape {image.shape}",
            wanted="(height, width), 8 px or more each",
            mend="link a port that sends one channel of one plane at a time",
        )
    return image
