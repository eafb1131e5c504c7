"""Loading: trials, photometry and wheel of one session, from wherever they lie."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from ranvier.analysis.behaviour import interpolate_wheel
from ranvier.analysis.faults import (
    AmbiguousRegionMapping,
    MissingRawData,
    MissingVideoTimestamps,
    exception_logger,
)
from ranvier.analysis.files import bare_region
from ranvier.analysis.readers import find_hemispheres
from ranvier.analysis.session._state import SessionState

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ranvier.analysis.arrays import FloatArray
    from ranvier.analysis.readers import SessionSource

# What readers call a channel that the file has no name for: Neurophotometrics, .ppd and
# NWB, Doric, TDT.
_MADE = re.compile(r"Region\d+[GR]?|[GR]\d+|fiber\d+|AIn\d+|ROI\d+|\d+|[A-Z]")


@runtime_checkable
class CameraSource(Protocol):
    """A place that knows cameras too."""

    def load_camera_times(self, camera: str = "left") -> FloatArray:
        """Give the times of a camera's frames, s, shape (n_frames,)."""
        ...


class Loading(SessionState):
    """The part of a session that loads."""

    @exception_logger
    def load_trials(self) -> None:
        """Load the trials, with stim_side, signed_contrast and contrast (percent).

        Raises
        ------
        MissingRawData, MissingExtractedData, FileFault
            If they are not there, or can't be read.
        """
        self.trials = self._source().load_trials()

    @exception_logger
    def load_photometry(
        self, pre: float | None = None, post: float | None = None
    ) -> None:
        """Load the raw photometry of the time of the trials.

        Parameters
        ----------
        pre, post
            From `pre` s after the first trial's start (negative: before) to `post` s
            after the last one's end; those of the parameters unless given.

        Raises
        ------
        MissingRawData, MissingExtractedData, FileFault
            If it is not there, or can't be read.
        AmbiguousRegionMapping
            If a channel fits no region of the session, or several.
        """
        usual = self.parameters.preprocess.restrict
        raw = self._source().load_photometry(
            usual[0] if pre is None else pre, usual[1] if post is None else post
        )
        names = match_regions(raw.channels, self.brain_region, self.eid)
        if not self.brain_region:
            regions = list(names.values())
            self.metadata["brain_region"] = regions
            self.metadata["hemisphere"] = find_hemispheres(regions)
            self.metadata["target_NM"] = [""] * len(regions)
        self.raw = raw
        self.photometry = {
            band: frame.rename(columns=names) for band, frame in raw.bands.items()
        }
        self.notes += raw.notes

    @exception_logger
    def load_wheel(self, fs: float | None = None) -> None:
        """Load the wheel's position at even steps.

        Parameters
        ----------
        fs
            Samples per second; that of the parameters unless given.

        Raises
        ------
        MissingRawData, MissingExtractedData, FileFault
            If it is not there, or can't be read.
        SignalFault
            If it is too short, or its times do not increase.
        """
        rate = self.parameters.wheel.rate_hz if fs is None else fs
        self.wheel = interpolate_wheel(*self._source().load_wheel(), rate_hz=rate)

    def load_camera_times(self, camera: str = "left") -> FloatArray:
        """Load the times of a camera's frames.

        Parameters
        ----------
        camera
            "left", "right" or "body".

        Returns
        -------
        numpy.ndarray
            Shape (n_frames,), s.

        Raises
        ------
        MissingVideoTimestamps
            If there are none, or the place knows no cameras.
        """
        source = self._source()
        if not isinstance(source, CameraSource):
            raise MissingVideoTimestamps(
                "this place knows no cameras.",
                session=self.eid,
                found=type(source).__name__,
                wanted="an ALF folder, or ONE",
            )
        return source.load_camera_times(camera)

    def _source(self) -> SessionSource:
        if self.source is None:
            raise MissingRawData(
                "it is not known where the data of the session lie.",
                session=self.eid,
                mend="open it with from_alf, from_nwb or from_recording, or with `one`",
            )
        return self.source


def match_regions(
    channels: Iterable[str], regions: list[str], session: str
) -> dict[str, str]:
    """Find which region of the session each channel is.

    Parameters
    ----------
    channels
        Names in the photometry.
    regions
        Of the session, maybe with "-l" or "-r"; none: channels keep their names. One
        channel and one region belong together if the channel has a name that a reader
        made, as "G0": that is no other region.
    session
        For the words of the fault.

    Returns
    -------
    dict
        Channel → region.

    Raises
    ------
    AmbiguousRegionMapping
        If a channel fits no region, or several, or two fit one.

    Examples
    --------
    >>> match_regions(["VTA"], ["VTA-l"], "s1")
    {'VTA': 'VTA-l'}
    >>> match_regions(["G0"], ["VTA-l"], "s1")
    {'G0': 'VTA-l'}
    """
    names = [*channels]
    if not regions or set(names) == set(regions):
        return {name: name for name in names}
    if len(names) == len(regions) == 1 and _MADE.fullmatch(names[0]):
        return {names[0]: regions[0]}
    found = {
        name: [each for each in regions if name in (each, bare_region(each))]
        for name in names
    }
    taken = [fits[0] for fits in found.values() if len(fits) == 1]
    wrong = [name for name, fits in found.items() if len(fits) != 1]
    if wrong or len(set(taken)) < len(taken):
        raise AmbiguousRegionMapping(
            "channels and regions do not go one to one.",
            session=session,
            channel=", ".join(wrong),
            found=", ".join(names),
            wanted=", ".join(regions),
        )
    return {name: fits[0] for name, fits in found.items()}
