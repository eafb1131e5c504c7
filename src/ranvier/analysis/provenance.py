"""What a result carries: the method, its parameters, how much went in, which code."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Provenance", "code_version", "make_provenance"]

_FLOORS = ("causal", "analysis")


@dataclass(frozen=True)
class Provenance:
    """Where a result comes from.

    Parameters
    ----------
    method
        Name of the function.
    parameters
        What it was called with, arrays left out.
    n
        How much went in, and how much failed: "n_samples" → 10,000.
    code
        Version of the code, of `code_version`.
    """

    method: str
    parameters: Mapping[str, Any]
    n: Mapping[str, int]
    code: str

    def to_dict(self) -> dict[str, Any]:
        """Give it as plain values, for a file.

        Returns
        -------
        dict
            method, parameters, n, code.
        """
        return {
            "method": self.method,
            "parameters": dict(self.parameters),
            "n": dict(self.n),
            "code": self.code,
        }


def make_provenance(method: str, parameters: Mapping[str, Any], **n: int) -> Provenance:
    """Say where a result comes from, with today's code.

    Parameters
    ----------
    method
        Name of the function.
    parameters
        What it was called with, arrays left out.
    **n
        How much went in: `n_samples=10_000`, `n_failed=2`.

    Returns
    -------
    Provenance

    Examples
    --------
    >>> make_provenance("compute_zscore", {"kind": "mad"}, n_samples=3).n
    {'n_samples': 3}
    """
    return Provenance(method, dict(parameters), n, code_version())


@cache
def code_version() -> str:
    """Give the version of the analysis code: the release, and a digest of its source.

    The digest is over the source files of `ranvier.analysis` and `ranvier.causal`, so
    that an edited copy never takes a result of another for its own.

    Returns
    -------
    str
        "0.1.0+3f2a9c1b04d7".
    """
    package = Path(__file__).parents[1]
    digest = hashlib.sha256()
    for floor in _FLOORS:
        for path in sorted((package / floor).rglob("*.py")):
            digest.update(path.relative_to(package).as_posix().encode() + b"\0")
            digest.update(path.read_bytes() + b"\0")
    return f"{metadata.version('ranvier')}+{digest.hexdigest()[:12]}"
