"""A command: parts that are made anew when what they depend on has changed."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pandas as pd

from ranvier.analysis.provenance import code_version
from ranvier.analysis.studies._keep import (
    Kept,
    Made,
    StudyFault,
    forget,
    list_stamps,
    make_if_new,
    read_stamp,
)
from ranvier.analysis.studies._writer import StudyWriter
from ranvier.core import write_atomically

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from ranvier.analysis.studies._work import StudyWork


@dataclass(frozen=True)
class Part:
    """A part of a command: what it depends on, and what makes it.

    Parameters
    ----------
    name
        "lmm".
    settings
        Sections of the parameters that it uses, or single entries: "trials",
        "statistics.contrast_coding".
    inputs
        What it reads: of `INPUTS`.
    make
        Makes it.
    options
        What it was called with beside the parameters; or what finds out, when its turn
        comes, what else it depends on.
    is_optional
        What was made of it stays, when it is not asked for, only while it is up to
        date.
    """

    name: str
    settings: tuple[str, ...]
    inputs: tuple[str, ...]
    make: Callable[[StudyWork, StudyWriter], None]
    options: Mapping[str, Any] | Callable[[StudyWork], Mapping[str, Any]] = field(
        default_factory=dict[str, Any]
    )
    is_optional: bool = False

    def find_options(self, work: StudyWork) -> dict[str, Any]:
        """Give the options, as they are now."""
        known = self.options
        return dict(known(work) if callable(known) else known)


def run_parts(
    work: StudyWork,
    command: str,
    parts: Sequence[Part],
    others: Sequence[Part] | None = (),
) -> Kept:
    """Make the parts of a command that are not up to date.

    Parameters
    ----------
    work
        The study.
    command
        Its name.
    parts
        In their order.
    others
        Further ones that the command has, not asked for now. Files of a part that is
        neither here nor there are removed: nothing would ever make them anew. None:
        leave all as they are.

    Returns
    -------
    Kept
        Of all parts; with results/<command>/provenance.json, and faults.csv if
        something could not be done.
    """
    written: list[Path] = []
    kept: list[Path] = []
    faults: list[StudyFault] = []
    for n_done, part in enumerate(parts):
        found = _run_part(work, command, part)
        written += found.written
        kept += found.kept
        faults += found.faults
        work.reporter.advance(command, n_done + 1, len(parts))
    if written:
        work.say_selection()
    if others is not None:
        _drop_old(work, command, parts, others)
    about = _write_about(work.folder, command)
    return Kept(
        (*written, *about.written), (*kept, *about.kept), tuple(dict.fromkeys(faults))
    )


def _run_part(work: StudyWork, command: str, part: Part) -> Kept:
    options = part.find_options(work)
    key = work.make_key(part.settings, part.inputs, options)

    def make() -> Made:
        said = work.parameters.select(*part.settings)
        common = {"settings": said, "options": options, "inputs": key}
        common |= {"command": command, "part": part.name, "code": code_version()}
        writer = StudyWriter(work.folder, command, part.name, common)
        writer.attempt("all", lambda: part.make(work, writer))
        return writer.made

    return make_if_new(work.folder, f"{command}/{part.name}", key, make)


def _drop_old(
    work: StudyWork, command: str, parts: Sequence[Part], others: Sequence[Part]
) -> None:
    known = {f"{command}/{part.name}" for part in parts}
    for part in others:
        name = f"{command}/{part.name}"
        key = work.make_key(part.settings, part.inputs, part.find_options(work))
        if not part.is_optional or read_stamp(work.folder, name).key == key:
            known.add(name)
    for name in set(list_stamps(work.folder, command)) - known:
        forget(work.folder, name)


def _write_about(folder: Path, command: str) -> Kept:
    # Of all parts whose files are there, whichever were asked for now.
    stamps = [read_stamp(folder, name) for name in list_stamps(folder, command)]
    said = {path: words for stamp in stamps for path, words in stamp.provenance.items()}
    faults = dict.fromkeys(fault for stamp in stamps for fault in stamp.faults)
    place = folder / "results" / command
    rows = [vars(fault) for fault in faults]
    told = json.dumps(said, indent=1, ensure_ascii=False)
    table = pd.DataFrame(rows).to_csv(index=False, lineterminator="\n")
    wanted = {
        place / "provenance.json": told if said else "",
        place / "faults.csv": table if rows else "",
    }
    written, kept = [], []
    for path, text in wanted.items():
        old = path.read_text("utf-8") if path.is_file() else ""
        if text and text != old:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(path, text)
            written.append(path)
        elif text:
            kept.append(path)
        else:
            path.unlink(missing_ok=True)
    return Kept(tuple(written), tuple(kept))
