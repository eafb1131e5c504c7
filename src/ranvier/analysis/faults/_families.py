"""The families of faults of data."""

from __future__ import annotations

from typing import ClassVar

from ranvier.core import AnalysisError


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


def list_families(error_type: str) -> frozenset[str]:
    """Give the name of an error, and of every family that it belongs to.

    Parameters
    ----------
    error_type
        Name, of a table of errors; one that we do not know is its own family.

    Returns
    -------
    frozenset of str

    Examples
    --------
    >>> import ranvier.analysis.faults
    >>> sorted(list_families("BandInversion"))
    ['BandInversion', 'DataFault', 'QCValidationError', 'SignalFault']
    """
    todo: list[type[DataFault]] = [DataFault]
    while todo:
        fault = todo.pop()
        if fault.__name__ == error_type:
            kin = [each for each in fault.__mro__ if issubclass(each, DataFault)]
            return frozenset(each.__name__ for each in kin)
        todo += fault.__subclasses__()
    return frozenset({error_type})
