"""Faults of data: what is missing, trials, signals, videos."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ranvier.analysis.faults._families import (
    DataFault,
    SignalFault,
    TrialFault,
    VideoFault,
)

if TYPE_CHECKING:
    from collections.abc import Iterable


class MissingExtractedData(DataFault):
    """The extracted data are not there, but the raw ones are."""

    fault_code = "RV-A02"
    usual_mend = "extract the session again"


class MissingRawData(DataFault):
    """Neither extracted nor raw data are there."""

    fault_code = "RV-A03"
    usual_mend = "copy the raw data of the session from the rig"


class MissingResponses(DataFault):
    """The responses of the session were not extracted."""

    fault_code = "RV-A04"
    usual_mend = "run the stage `photometry` for this session"


class AmbiguousRegionMapping(DataFault):
    """A channel fits no brain region of the session, or several."""

    fault_code = "RV-A05"
    usual_mend = "name the region of each channel in photometryROI.locations"


class InsufficientTrials(TrialFault):
    """The session has too few trials."""

    fault_code = "RV-A31"
    usual_mend = "leave the session out, or lower the least number of trials"


class BlockStructureBug(TrialFault):
    """The blocks of the session are not those of its protocol."""

    fault_code = "RV-A32"
    usual_mend = "repair it with `fix_block_structure`"


class MissingBlockInfo(TrialFault):
    """The planned blocks of the session are not known."""

    fault_code = "RV-A33"
    usual_mend = "give the task settings of the session (LEN_BLOCKS, POSITIONS)"


class IncompleteEventTimes(TrialFault):
    """Too many trials lack the time of an event.

    Parameters
    ----------
    missing_events
        Names of the events, or a sentence.
    **words
        As of `DataFault`.
    """

    fault_code = "RV-A34"
    usual_mend = "extract the trials again, or leave the event out"

    def __init__(self, missing_events: Iterable[str] | str = (), **words: Any) -> None:
        is_sentence = isinstance(missing_events, str)
        self.missing_events = [] if is_sentence else list(missing_events)
        sentence = (
            missing_events
            if is_sentence
            else f"too many trials lack {', '.join(self.missing_events)}."
        )
        super().__init__(str(sentence), **words)


class TrialsNotInPhotometryTime(TrialFault):
    """Trials lie outside the time of the photometry."""

    fault_code = "RV-A35"
    usual_mend = "look at the synchronisation of photometry and task"


class QCValidationError(SignalFault):
    """The raw photometry has samples out of order."""

    fault_code = "RV-A41"
    usual_mend = "look at the raw frames; the session can't be used as it is"


class BandInversion(QCValidationError):
    """Adjacent frames were lit by the same LED."""

    fault_code = "RV-A42"


class EarlySamples(QCValidationError):
    """Frames came earlier than the frame rate allows."""

    fault_code = "RV-A43"


class FewUniqueSamples(SignalFault):
    """A channel takes too few different values: dead, saturated, or cut short."""

    fault_code = "RV-A44"
    usual_mend = "look at gain and fibre of the channel; leave it out"


class MissingVideoTimestamps(VideoFault):
    """The video has no time stamps."""

    fault_code = "RV-A61"


class VideoLengthError(VideoFault):
    """The video is not as long as the session."""

    fault_code = "RV-A62"


class VideoTimestampsQCError(VideoFault):
    """The time stamps of the video do not pass."""

    fault_code = "RV-A63"


class VideoDroppedFramesQCError(VideoFault):
    """The video lost frames."""

    fault_code = "RV-A64"


class VideoPinStateQCError(VideoFault):
    """The pin state of the video does not fit the task."""

    fault_code = "RV-A65"


class MissingLP(VideoFault):
    """The pose of the video was not tracked."""

    fault_code = "RV-A66"
    usual_mend = "run Lightning Pose on the video"


class MissingMotionEnergy(VideoFault):
    """The motion energy of the video was not computed."""

    fault_code = "RV-A67"
    usual_mend = "compute the motion energy of the video"
