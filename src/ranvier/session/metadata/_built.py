"""What a builder gives: one document, or the reasons why there is none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from ranvier.session.faults import Report

_DESCRIBED_BY = (
    "https://raw.githubusercontent.com/AllenNeuralDynamics/aind-data-schema/main/src/"
    "aind_data_schema/core/"
)


class Document(NamedTuple):
    """One kind of file of the AIND schema.

    Parameters
    ----------
    schema
        Module of aind-data-schema: "session".
    version
        Of the schema: "1.1.2".
    """

    schema: str
    version: str

    @property
    def file(self) -> str:
        """Its name in the session folder."""
        return f"{self.schema}.json"

    @property
    def described_by(self) -> str:
        """Where the schema's source is, as its files say it."""
        return f"{_DESCRIBED_BY}{self.schema}.py"


# aind-data-schema 1.4.0 has the first, 2.9.2 the others.
SESSION = Document("session", "1.1.2")
ACQUISITION = Document("acquisition", "2.5.4")
INSTRUMENT = Document("instrument", "2.2.8")
DATA_DESCRIPTION = Document("data_description", "2.4.2")
SUBJECT = Document("subject", "2.3.3")
PROCEDURES = Document("procedures", "2.2.3")


@dataclass(frozen=True)
class Built:
    """A document of metadata, or none.

    Parameters
    ----------
    content
        What the file is to hold, plain JSON values; None if the schema demands what is
        not known, or if nothing is known at all.
    report
        Why there is none, and what was left out.
    file
        Its name in the session folder: "session.json".
    schema, version
        "session" and "1.1.2".
    is_given
        True if it was fetched or given whole, and is not ours to change.
    sha256
        Of the bytes that stand in the file, if they are as ranvier writes them; empty
        before it is written, and if somebody else's file was kept.
    is_kept
        True if a file that somebody else wrote, or changed, stands in its place and was
        left as it is.
    """

    content: dict[str, Any] | None
    report: Report
    file: str
    schema: str
    version: str
    is_given: bool = False
    sha256: str = ""
    is_kept: bool = False
