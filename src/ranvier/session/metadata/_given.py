"""Takes over a whole document that was fetched or given, if it is of this session."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ranvier.session.faults import Finding, Report, Severity
from ranvier.session.metadata._built import Built, Document
from ranvier.session.metadata._wording import contradicts, lacks

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


def take_given(
    document: Document,
    given: dict[str, Any],
    wanted: Mapping[str, str | None],
    doubts: Iterable[Finding] = (),
) -> Built:
    """Take over a document as it is.

    Parameters
    ----------
    document
        What it is to be.
    given
        Its content.
    wanted
        Fields that must say what the session says: `subject_id`.
    doubts
        What was found before.

    Returns
    -------
    Built
        The content unchanged, with the version that it says itself; without content if
        it is of 1.x or of another subject.
    """
    findings = list(doubts)
    version = str(given.get("schema_version", ""))
    for name, value in wanted.items():
        if given.get(name) != value:
            found = f'{name} "{given.get(name)}"'
            mend = f"fetch the {document.file} of this session again"
            findings.append(
                contradicts(document.file, found, f'"{value}"', mend, Severity.ERROR)
            )
    if not version.startswith("2."):
        mend = "fetch it from a service of version 2, or use aind-metadata-upgrader"
        said = f"version 2.x (it is {version})" if version else "a schema_version"
        findings.append(lacks(document.file, said, mend))
    is_fit = version.startswith("2.") and all(
        given.get(name) == value for name, value in wanted.items()
    )
    return Built(
        given if is_fit else None,
        Report.of(findings),
        document.file,
        document.schema,
        version or document.version,
        is_given=True,
    )
