"""The one root of all errors: which thing, what it is, what was wanted, the mend.

Errors cross processes as plain text fields: `describe_error` makes them of any
exception, `rebuild_error` makes an error of ours of them.
"""

from __future__ import annotations

from typing import Dict, List, Mapping, Tuple, Type, TypeVar

from ranvier.core._wording import format_error, to_text

ErrorT = TypeVar("ErrorT", bound="RanvierError")

_FIELDS = ("problem", "code", "where", "found", "wanted", "mend")


class RanvierError(Exception):
    """Something went wrong that a person can mend.

    Parameters
    ----------
    problem
        One sentence: which thing, and what is wrong with it.
    code
        Stable code, "RV-" and a letter of the family and two digits; a page of the
        docs explains it.
    where
        File and line, node, host or run that the problem is in.
    found
        What it is, in full.
    wanted
        What was wanted in its place.
    mend
        What to do about it.

    Examples
    --------
    >>> print(RanvierError("the level is negative.", code="RV-N01", mend="raise it"))
    RanvierError RV-N01: the level is negative.
      mend    raise it
    """

    def __init__(
        self,
        problem: str,
        *,
        code: str,
        mend: str,
        where: str = "",
        found: str = "",
        wanted: str = "",
    ) -> None:
        super().__init__(problem)
        self.problem = problem
        self.code = code
        self.where = where
        self.found = found
        self.wanted = wanted
        self.mend = mend

    def __str__(self) -> str:
        lines = [f"{type(self).__name__} {self.code}: {self.problem}"]
        rows: List[Tuple[str, str]] = [
            ("where", self.where),
            ("is", self.found),
            ("wanted", self.wanted),
            ("mend", self.mend),
        ]
        lines += [f"  {name:<7} {text}" for name, text in rows if text]
        return "\n".join(lines)

    def __reduce__(self) -> Tuple[object, ...]:
        """Let the error cross a copy with its keyword arguments."""
        return (_copy, (type(self), self._fields()))

    def to_dict(self) -> Dict[str, str]:
        """Give the error as plain text fields, for the audit trail and the screen.

        Returns
        -------
        dict
            type (name of the family), problem, code, where, found, wanted, mend; each
            a string, maybe empty. `rebuild_error` takes it.
        """
        return {"type": type(self).__name__, **self._fields()}

    def located(self: ErrorT, where: str) -> ErrorT:  # noqa: PYI019 - worker's Python
        """Give the same error with a place, where it has none yet.

        Returns
        -------
        RanvierError
            This error itself if it has a place, else a copy with `where`.
        """
        if self.where:
            return self
        return _copy(type(self), {**self._fields(), "where": where})

    def _fields(self) -> Dict[str, str]:
        # A node's author may have put anything in them.
        return {name: to_text(getattr(self, name)) for name in _FIELDS}


def _copy(family: Type[ErrorT], fields: Mapping[str, str]) -> ErrorT:
    # Not by calling it: a family of a node's author may take other arguments.
    error = family.__new__(family)
    rest = {name: fields[name] for name in _FIELDS[1:]}
    RanvierError.__init__(error, fields["problem"], **rest)
    return error


class GraphError(RanvierError):
    """A graph, or the file it stands in, is not right."""


class LinkError(RanvierError):
    """A link, a message or a transport failed."""


class NodeError(RanvierError):
    """A node's declaration, parameters or code is not right."""


class RecordingError(RanvierError):
    """A recording can't be written or read as asked."""


class RunError(RanvierError):
    """A run can't be started, steered or ended as asked."""


class SessionError(RanvierError):
    """A session can't go on as asked."""


class AnalysisError(RanvierError):
    """An analysis can't be computed as asked."""


_FAMILIES: Dict[str, Type[RanvierError]] = {
    family.__name__: family for family in (RanvierError, *RanvierError.__subclasses__())
}


def describe_error(error: BaseException, code: str = "RV-N20") -> Dict[str, str]:
    """Give any exception as plain text fields; never fails, whatever it is.

    Parameters
    ----------
    error
        One of ours, or of foreign code.
    code
        For an exception that is none of ours.

    Returns
    -------
    dict
        As `RanvierError.to_dict`.

    Examples
    --------
    >>> describe_error(ValueError("too high"))["problem"]
    'ValueError: too high'
    """
    if isinstance(error, RanvierError):
        return error.to_dict()
    told = RanvierError(format_error(error), code=code, mend="see the traceback")
    return {**told.to_dict(), "type": type(error).__name__}


def rebuild_error(fields: Mapping[str, str]) -> RanvierError:
    """Make an error of the fields that another process told.

    Parameters
    ----------
    fields
        Of `describe_error`; what is missing is empty.

    Returns
    -------
    RanvierError
        Of the family that it had there; a NodeError if it was none of ours, since
        all foreign code is that of nodes.

    Examples
    --------
    >>> rebuild_error(describe_error(ValueError("too high")))
    NodeError('ValueError: too high')
    """
    family = _FAMILIES.get(fields.get("type", ""), NodeError)
    return _copy(family, {name: fields.get(name, "") for name in _FIELDS})
