"""Faults of data, one class each, and the logger that lets a batch go on past them.

The names are those of the IBL neuromodulators pipeline, so that a table of errors
written there and one written here can be read together.
"""

from __future__ import annotations

import functools
import traceback
from typing import TYPE_CHECKING, Any, ClassVar

from ranvier.core import AnalysisError, RanvierError, to_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = [
    "LOG_COLUMNS",
    "AmbiguousRegionMapping",
    "BandInversion",
    "BlockStructureBug",
    "DataFault",
    "DataNotListed",
    "EarlySamples",
    "FewUniqueSamples",
    "FileFault",
    "GroupFault",
    "HemisphereMismatch",
    "IncompleteEventTimes",
    "InsufficientTrials",
    "InvalidBrainRegion",
    "InvalidLine",
    "InvalidNeuromodulator",
    "InvalidSessionLength",
    "InvalidSessionType",
    "InvalidStrain",
    "InvalidSubject",
    "InvalidTargetNM",
    "MetadataFault",
    "MissingBlockInfo",
    "MissingBrainRegion",
    "MissingExtractedData",
    "MissingHemiSuffix",
    "MissingHemisphere",
    "MissingInsertion",
    "MissingLP",
    "MissingMotionEnergy",
    "MissingRawData",
    "MissingResponses",
    "MissingVideoTimestamps",
    "QCValidationError",
    "SignalFault",
    "TrialFault",
    "TrialsNotInPhotometryTime",
    "TrueDuplicateSession",
    "VideoDroppedFramesQCError",
    "VideoFault",
    "VideoLengthError",
    "VideoPinStateQCError",
    "VideoTimestampsQCError",
    "exception_logger",
    "make_log_entry",
]

LOG_COLUMNS = ("eid", "error_type", "error_message", "traceback")
"""Columns of a table of errors."""


class DataFault(AnalysisError):
    """Something is wrong with data of a session.

    Parameters
    ----------
    problem
        One sentence: which thing, and what is wrong with it.
    session
        Session that it is wrong in.
    channel
        Channel or brain region, if it is one's.
    found, wanted, mend
        As of `RanvierError`; `mend` is that of the class unless given.
    """

    fault_code: ClassVar[str] = "RV-A01"
    usual_mend: ClassVar[str] = "look at the data of this session"

    def __init__(
        self,
        problem: str = "",
        *,
        session: str = "",
        channel: str = "",
        found: str = "",
        wanted: str = "",
        mend: str = "",
    ) -> None:
        parts = [
            f"{name} {value}"
            for name, value in (("session", session), ("channel", channel))
            if value
        ]
        super().__init__(
            problem or (type(self).__doc__ or "").splitlines()[0],
            code=self.fault_code,
            where=", ".join(parts),
            found=found,
            wanted=wanted,
            mend=mend or self.usual_mend,
        )


class MetadataFault(DataFault):
    """What is known of the session, its subject or its fibres is not right."""

    fault_code = "RV-A10"
    usual_mend = "correct the metadata of the session"


class TrialFault(DataFault):
    """The trials of the session are not right."""

    fault_code = "RV-A30"
    usual_mend = "look at the trials table of the session"


class SignalFault(DataFault):
    """A signal of the session is not right."""

    fault_code = "RV-A40"
    usual_mend = "look at the raw signal of the channel"


class VideoFault(DataFault):
    """A video of the session is not right."""

    fault_code = "RV-A60"
    usual_mend = "look at the video and its time stamps"


class FileFault(DataFault):
    """A file can't be read as what it should be."""

    fault_code = "RV-A70"
    usual_mend = "get the file anew from where it was made"


class GroupFault(DataFault):
    """A group of sessions can't be analysed as asked."""

    fault_code = "RV-A80"
    usual_mend = "see the waterfall of `filter_sessions`; widen the selection"


class InvalidSubject(MetadataFault):
    """The subject is not one to be analysed."""

    fault_code = "RV-A11"
    usual_mend = "take it from the list of excluded subjects, or leave it out"


class InvalidStrain(MetadataFault):
    """The strain is not one that is known."""

    fault_code = "RV-A12"
    usual_mend = "correct the subject's strain, or add it to the parameters"


class InvalidLine(MetadataFault):
    """The line is not one that is known."""

    fault_code = "RV-A13"
    usual_mend = "correct the subject's line, or add it to the parameters"


class InvalidNeuromodulator(MetadataFault):
    """The neuromodulator is not one that is known, or can't be told."""

    fault_code = "RV-A14"
    usual_mend = "give the subject's NM, or a strain or line that tells it"


class InvalidBrainRegion(MetadataFault):
    """The brain region is not a target that is known."""

    fault_code = "RV-A15"
    usual_mend = "correct the name of the region, or add it to the targets"


class MissingBrainRegion(MetadataFault):
    """The session names no brain region."""

    fault_code = "RV-A16"
    usual_mend = "name the region of each fibre in the experiment's description"


class MissingHemisphere(MetadataFault):
    """The session names no hemisphere."""

    fault_code = "RV-A17"
    usual_mend = 'end the name of the region with "-l" or "-r"'


class HemisphereMismatch(MetadataFault):
    """The hemisphere in the name is not that of the fibre."""

    fault_code = "RV-A18"
    usual_mend = "correct the name of the region, or the coordinates of the fibre"


class MissingInsertion(MetadataFault):
    """The coordinates of the fibre are not known."""

    fault_code = "RV-A19"
    usual_mend = "add the fibre to the table of fibres"


class MissingHemiSuffix(MetadataFault):
    """The name of the region does not say which hemisphere."""

    fault_code = "RV-A20"
    usual_mend = 'end the name of the region with "-l" or "-r"'


class DataNotListed(MetadataFault):
    """Datasets that a session must have are not listed."""

    fault_code = "RV-A21"
    usual_mend = "upload or extract what is missing, then query again"


class InvalidSessionType(MetadataFault):
    """The type of the session can't be told from its protocol."""

    fault_code = "RV-A22"
    usual_mend = "give the session's session_type"


class InvalidTargetNM(MetadataFault):
    """Region and neuromodulator make no target that is known."""

    fault_code = "RV-A23"
    usual_mend = "correct region or NM, or add the pair to the targets"


class InvalidSessionLength(MetadataFault):
    """The session ends before it begins, or on another day."""

    fault_code = "RV-A24"
    usual_mend = "correct start_time and end_time"


class TrueDuplicateSession(MetadataFault):
    """Two good sessions of one subject on one day.

    Parameters
    ----------
    problem
        One sentence.
    fallback_row
        Row of the session that is kept.
    **words
        As of `DataFault`.
    """

    fault_code = "RV-A25"
    usual_mend = "say which one to leave out"

    def __init__(
        self, problem: str = "", fallback_row: Any = None, **words: Any
    ) -> None:
        super().__init__(problem, **words)
        self.fallback_row = fallback_row


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


def make_log_entry(
    eid: str,
    error: BaseException | None = None,
    error_type: str | None = None,
    error_message: str | None = None,
) -> dict[str, str | None]:
    """Make one row of a table of errors.

    Parameters
    ----------
    eid
        Session.
    error
        What was raised; its type, words and traceback are taken.
    error_type, error_message
        In place of `error`.

    Returns
    -------
    dict
        eid, error_type, error_message, traceback (None without `error`).

    Raises
    ------
    ValueError
        If neither an error nor a type is given.

    Examples
    --------
    >>> make_log_entry("s1", error_type="MissingLP", error_message="no pose.")
    {'eid': 's1', 'error_type': 'MissingLP', 'error_message': 'no pose.', \
'traceback': None}
    """
    if error is not None:
        told = error.problem if isinstance(error, RanvierError) else str(error)
        where = error.where if isinstance(error, RanvierError) else ""
        return {
            "eid": eid,
            "error_type": type(error).__name__,
            "error_message": to_text(told) + (f" ({where})" if where else ""),
            "traceback": "".join(traceback.format_exception(error)),
        }
    if error_type is None:
        raise ValueError("give an error, or the type of one")
    return {
        "eid": eid,
        "error_type": error_type,
        "error_message": error_message,
        "traceback": None,
    }


def exception_logger(function: Callable[..., Any]) -> Callable[..., Any]:
    """Let a function of one session log what it raises, so that a batch goes on.

    The function's first argument is the row of a session (a Series, or a DataFrame of
    several) or an object with an `eid`. Called without `exlog` it is as before. With a
    list, what it raises is appended there as a row of `make_log_entry`, and the row it
    was given comes back: the first one of several, or the error's `fallback_row`.

    Parameters
    ----------
    function
        Takes a row first.

    Returns
    -------
    Callable
        The same, with one argument more.

    Examples
    --------
    >>> @exception_logger
    ... def check(row):
    ...     raise MissingRawData("nothing there.")
    >>> log = []
    >>> check({"eid": "s1"}, exlog=log)
    {'eid': 's1'}
    >>> log[0]["error_type"]
    'MissingRawData'
    """

    @functools.wraps(function)
    def logged(
        row: Any, *args: Any, exlog: list[dict[str, Any]] | None = None, **words: Any
    ) -> Any:
        if exlog is None:
            return function(row, *args, **words)
        try:
            return function(row, *args, **words)
        except Exception as error:  # noqa: BLE001 - that is what the log is for
            first = row.iloc[0] if getattr(row, "ndim", 1) == 2 else row
            exlog.append(make_log_entry(_find_eid(first), error))
            fallback = getattr(error, "fallback_row", None)
            return first if fallback is None else fallback

    return logged


def _find_eid(row: Any) -> str:
    eid = getattr(row, "eid", None)
    return str(row["eid"] if eid is None else eid)
