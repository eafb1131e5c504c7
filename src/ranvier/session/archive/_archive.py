"""A session archived: copied, verified, told of; its source is only read."""

from __future__ import annotations

from ranvier.core import Reporter, SilentReporter
from ranvier.session.archive._copying import Copying
from ranvier.session.archive._faults import bad_place
from ranvier.session.archive._request import (
    ArchiveReport,
    ArchiveRequest,
    check_places,
)
from ranvier.session.archive._transfer import TRANSFERS
from ranvier.session.faults import ArchiveError


def archive_session(
    request: ArchiveRequest, reporter: Reporter | None = None
) -> ArchiveReport:
    """Copy a session folder to one or two places, and verify each copy.

    What was copied whole by an earlier call is not copied again. Nothing is deleted,
    and nothing is overwritten but our own older copy of a file that changed since.
    Names, content, rights, links, and the times of files and folders are kept; owners
    and extended attributes are not.

    Parameters
    ----------
    request
        From where to where.
    reporter
        Is told how far it is, and of each error that is tried again.

    Returns
    -------
    ArchiveReport
        What was done.

    Raises
    ------
    ArchiveError
        If a copy is not whole; it tells of both. All other files, and the other copy,
        were tried as well; calling again goes on from there.
    """
    listener = reporter or SilentReporter()
    check_places(request)
    if request.transfer not in ("copy", *TRANSFERS):
        raise bad_place(
            request.source,
            f'transfer "{request.transfer}"',
            f"copy, {', '.join(TRANSFERS)}",
        )
    copies: list[Copying] = []
    errors: list[ArchiveError] = []
    for folder in request.folders:
        copying = Copying(request, folder, listener)
        copies.append(copying)
        try:
            copying.run()
        except ArchiveError as error:
            errors.append(error)
        except OSError as error:
            errors.append(copying.explain(error))
    if errors:
        raise _join(errors)
    findings = {str(f): f for copying in copies for f in copying.findings}
    return ArchiveReport(
        request.folders,
        sum(copying.n_files for copying in copies),
        sum(copying.n_bytes for copying in copies),
        sum(copying.n_skipped for copying in copies),
        tuple(findings.values()),
    )


def _join(errors: list[ArchiveError]) -> ArchiveError:
    first, *more = errors
    for error in more:
        first.found += f"\nand of the other copy: {error}"
    return first
