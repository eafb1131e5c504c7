"""The one root of all errors: which thing, what it is, what was wanted, the mend."""

from __future__ import annotations

from typing import Dict, List, Tuple, Type


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
        return (_rebuild, (type(self), self.to_dict()))

    def to_dict(self) -> Dict[str, str]:
        """Give the error as plain text fields, for the audit trail and the screen.

        Returns
        -------
        dict
            problem, code, where, found, wanted, mend; each a string, maybe empty.
        """
        return {
            "problem": self.problem,
            "code": self.code,
            "where": self.where,
            "found": self.found,
            "wanted": self.wanted,
            "mend": self.mend,
        }

    def located(self, where: str) -> RanvierError:
        """Give the same error with a place, where it has none yet.

        Returns
        -------
        RanvierError
            This error itself if it has a place, else a copy with `where`.
        """
        if self.where:
            return self
        return _rebuild(type(self), {**self.to_dict(), "where": where})


def _rebuild(family: Type[RanvierError], fields: Dict[str, str]) -> RanvierError:
    problem = fields.pop("problem")
    return family(problem, **fields)


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
