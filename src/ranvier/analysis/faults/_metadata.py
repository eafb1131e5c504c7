"""Faults of what is known of a session, its subject and its fibres."""

from __future__ import annotations

from typing import Any

from ranvier.analysis.faults._families import MetadataFault


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
