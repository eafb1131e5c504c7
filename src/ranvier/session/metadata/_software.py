"""Which programs a session used, of which versions, and which code they ran."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from pathlib import PureWindowsPath
from typing import TYPE_CHECKING, Any, NamedTuple

from ranvier.session.metadata._plain import strip_login, to_plain

if TYPE_CHECKING:
    from ranvier.session.metadata._facts import Facts
    from ranvier.session.record import SessionRecord

_HASH = re.compile(r"[0-9a-fA-F]{7,60}")

# Name of an attempt: how the world calls it, its key in `record.software`, and the
# language of what it runs. `software["python"]` is ranvier's own Python, which is not
# the one a script ran with, so a Python program's version is not known from there.
_PROGRAMS: dict[str, tuple[str, str, str]] = {
    "bonsai": ("Bonsai", "bonsai", "Bonsai"),
    "graph": ("ranvier", "ranvier", ""),
    "matlab": ("MATLAB", "matlab", "MATLAB"),
    "python": ("Python", "", "Python"),
}


class Program(NamedTuple):
    """A program that took part.

    Parameters
    ----------
    name
        "Bonsai".
    version
        None if it is not known.
    language
        Of what it runs; "" if it is not known.
    """

    name: str
    version: str | None
    language: str = ""


@dataclass(frozen=True)
class Script:
    """The code that a program ran.

    Parameters
    ----------
    name, version, url, commit
        What is not known is None.
    path
        In the repository.
    parameters
        That it was given.
    is_dirty
        True if it differed from the commit.
    is_own
        True if an epoch has it for itself: who ran it is not known.
    """

    name: str | None = None
    version: str | None = None
    url: str | None = None
    commit: str | None = None
    path: str | None = None
    parameters: dict[str, Any] = field(default_factory=dict[str, Any])
    is_dirty: bool = False
    is_own: bool = False

    @property
    def commit_url(self) -> str | None:
        """Its url at the commit, where the host's way to write that is known."""
        is_github = bool(self.url and self.url.startswith("https://github.com/"))
        if not (self.url and self.commit and is_github):
            return self.url
        return f"{self.url.removesuffix('.git')}/tree/{self.commit}"


def list_programs(record: SessionRecord, facts: Facts) -> tuple[Program, ...]:
    """List the programs of the acquisition, each once.

    Parameters
    ----------
    record
        Of the session.
    facts
        That it told: `program_version` is that of its external program.

    Returns
    -------
    tuple of Program
        External ones first, for they show the stimuli; then ranvier's graph.
    """
    names = dict.fromkeys(attempt.program for attempt in record.attempts)
    if record.runs:
        names["graph"] = None
    ordered = sorted(names, key=lambda name: name == "graph")
    version = facts.get("program_version")
    return tuple(_find_program(name, record, version) for name in ordered)


def find_conductor(record: SessionRecord) -> Program:
    """Give ranvier itself, which conducts every session.

    Returns
    -------
    Program
        With its version, if the record says it.
    """
    return Program("ranvier", _version_of("ranvier", record))


def read_script(record: SessionRecord, facts: Facts) -> Script:
    """Read which code the session ran.

    Returns
    -------
    Script
        With what is known of it.
    """
    path = facts.get("script_path") or facts.get("graph_path")
    state = record.repository
    known = Script(
        # Right for paths of either system: Windows' rules take both separators.
        name=PureWindowsPath(path).name if path else None,
        path=path.replace("\\", "/") if path else None,
        parameters=facts.get("script_parameters") or {},
    )
    if state is None:
        return known
    return replace(
        known,
        url=strip_login(state.url) or None,
        commit=state.commit or None,
        is_dirty=state.is_dirty,
    )


def refine_script(script: Script, told: dict[str, Any]) -> Script:
    """Put what an epoch says of its own script over what the session says.

    Parameters
    ----------
    script
        Of the session.
    told
        Of the epoch: name, version, url, commit, parameters.

    Returns
    -------
    Script
        The session's, if the epoch says nothing.
    """
    if not told:
        return script
    if "url" in told or "name" in told:  # another script: nothing of ours is its
        script = Script(is_own=True)
    texts = {
        key: strip_login(str(told[key]))
        for key in ("name", "version", "url", "commit")
        if told.get(key) is not None
    }
    parameters: Any = to_plain(told.get("parameters") or script.parameters)
    return replace(script, **texts, parameters=parameters)


def is_hash(commit: str | None) -> bool:
    """Say whether 2.x takes it for a commit.

    Returns
    -------
    bool
        True for 7 to 60 hexadecimal digits.
    """
    return bool(commit and _HASH.fullmatch(commit))


def _find_program(name: str, record: SessionRecord, told: str | None) -> Program:
    title, key, language = _PROGRAMS.get(name, (name, name, ""))
    given = None if name == "graph" else told
    return Program(title, given or _version_of(key, record), language)


def _version_of(key: str, record: SessionRecord) -> str | None:
    versions = {name.casefold(): text for name, text in record.software.items()}
    return versions.get(key.casefold()) or None
