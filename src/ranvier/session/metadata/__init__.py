"""Metadata of a session in AIND's schemas, built from its record and nothing else.

Six documents: `session` 1.1.2 for readers of 1.x; `acquisition`, `instrument`,
`data_description`, `subject` and `procedures` for those of 2.x. What a schema demands
and nobody told is never filled in: the document stays away, and a finding says which
key to set. `FACTS` lists all that can be told, and how.
"""

from __future__ import annotations

from ranvier.session.metadata._acquisition import build_acquisition
from ranvier.session.metadata._built import Built
from ranvier.session.metadata._checking import check_folders, check_metadata
from ranvier.session.metadata._describing import (
    build_data_description,
    build_procedures,
    build_subject,
)
from ranvier.session.metadata._facts_table import FACTS, Fact, Form
from ranvier.session.metadata._instrument import build_instrument
from ranvier.session.metadata._session import build_session
from ranvier.session.metadata._writing import build_metadata, write_metadata

__all__ = [
    "FACTS",
    "Built",
    "Fact",
    "Form",
    "build_acquisition",
    "build_data_description",
    "build_instrument",
    "build_metadata",
    "build_procedures",
    "build_session",
    "build_subject",
    "check_folders",
    "check_metadata",
    "write_metadata",
]
