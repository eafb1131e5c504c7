"""A methods section, written from the parameters that were used and from n."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from ranvier.analysis.provenance import code_version
from ranvier.analysis.studies._command import Part, run_parts
from ranvier.analysis.studies._done import PartDone, read_done
from ranvier.analysis.studies._methods_statistics import say_statistics
from ranvier.analysis.studies._methods_words import (
    REFERENCES,
    say_bleaching,
    say_reference,
    say_scaling,
)
from ranvier.analysis.studies._work import GROUP_INPUTS, StudyWork
from ranvier.core import format_count

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ranvier.analysis.group import Waterfall
    from ranvier.analysis.parameters import AnalysisParameters
    from ranvier.analysis.studies._keep import Kept
    from ranvier.analysis.studies._writer import StudyWriter
    from ranvier.core import Reporter

PLACE = "results/methods.md"
_ALL = (
    "preprocess",
    "qc",
    "responses",
    "task",
    "wheel",
    "selection",
    "vocabulary",
    "trials",
    "statistics",
)


@dataclass(frozen=True)
class MethodsNumbers:
    """How much went into the analyses of a study.

    Parameters
    ----------
    n_sessions, n_recordings, n_subjects
        Analysed.
    sessions
        What each rule of the selection left out.
    n_duplicates
        Sessions left out, as their subject has another one of the day.
    n_unreadable
        Sessions that pass but hold no responses.
    trials
        What each rule left out, of recordings × events × trials.
    targets
        Target → number of recordings and of subjects.
    events
        That occur in the sessions analysed; those of the parameters unless given.
    done
        Parts of commands that have results: name → what they were made with.
    """

    n_sessions: int
    n_recordings: int
    n_subjects: int
    sessions: Waterfall | None = None
    n_duplicates: int = 0
    n_unreadable: int = 0
    trials: Waterfall | None = None
    targets: Mapping[str, tuple[int, int]] | None = None
    events: tuple[str, ...] = ()
    done: Mapping[str, PartDone] = field(default_factory=dict)


def write_methods(parameters: AnalysisParameters, numbers: MethodsNumbers) -> str:
    """Write the methods of an analysis in plain English.

    Parameters
    ----------
    parameters
        Those that were used.
    numbers
        How much went in.

    Returns
    -------
    str
        Markdown: paragraphs, then the references that they name.

    Examples
    --------
    >>> from ranvier.analysis.parameters import AnalysisParameters
    >>> text = write_methods(AnalysisParameters(), MethodsNumbers(12, 20, 5))
    >>> "12 sessions (20 recordings) of 5 subjects" in text
    True
    >>> "Butterworth" in text
    True
    """
    paragraphs = {
        "Sessions": _say_sessions(parameters, numbers),
        "Photometry": _say_photometry(parameters),
        "Responses": _say_responses(parameters, numbers),
        "Behaviour": _say_behaviour(parameters),
        "Statistics": say_statistics(numbers.done),
    }
    body = "\n\n".join(f"## {name}\n\n{text}" for name, text in paragraphs.items())
    used = [words for mark, words in REFERENCES.items() if mark in body]
    listed = "\n".join(f"- {words}" for words in sorted(used))
    return f"# Methods\n\n{body}\n\n## References\n\n{listed}\n"


def analyse_methods(
    folder: Path, parameters: AnalysisParameters, reporter: Reporter | None = None
) -> Kept:
    """Write the methods of a study's analysis to results/methods.md.

    Parameters
    ----------
    folder
        The study; its sessions must have been through the stages.
    parameters
        What is set.
    reporter
        Is told how far it is.

    Returns
    -------
    Kept

    Raises
    ------
    AnalysisError
        RV-A29 if the file can't be written.
    """
    # A part of the command `responses`, which has written it unless it was never run.
    work = StudyWork(folder, parameters, reporter)
    return run_parts(work, "responses", [METHODS_PART], None)


def count_numbers(work: StudyWork) -> MethodsNumbers:
    """Count what goes into the analyses of a study.

    Parameters
    ----------
    work
        The study.

    Returns
    -------
    MethodsNumbers
    """
    group = work.group
    columns = ["eid", "fiber_idx", "subject", "target_NM"]
    used = work.magnitudes[columns].drop_duplicates()
    there = set(work.magnitudes["event"])
    by = used.groupby("target_NM")["subject"]
    targets = {
        str(target): (int(n), int(m))
        for target, n, m in zip(by.size().index, by.size(), by.nunique(), strict=True)
    }
    n_used = int(used["eid"].nunique())
    return MethodsNumbers(
        n_used,
        len(used),
        int(used["subject"].nunique()),
        group.waterfall,
        work.n_duplicates,
        len(group.eids) - n_used,
        group.select_trials().waterfall,
        targets,
        tuple(e for e in work.parameters.responses.events if e in there),
        read_done(work.folder),
    )


def _write(work: StudyWork, writer: StudyWriter) -> None:
    text = write_methods(work.parameters, count_numbers(work))
    writer.text(work.folder / PLACE, text)


def _describe_done(work: StudyWork) -> dict[str, Any]:
    return {name: asdict(part) for name, part in read_done(work.folder).items()}


def _say_sessions(parameters: AnalysisParameters, numbers: MethodsNumbers) -> str:
    analysed = (
        f"{numbers.n_sessions} sessions ({numbers.n_recordings} recordings) of "
        f"{numbers.n_subjects} subjects were analysed."
    )
    said = [analysed]
    if numbers.targets:
        listed = ", ".join(
            f"{name} {format_count(n, 'recording')} of {format_count(m, 'subject')}"
            for name, (n, m) in numbers.targets.items()
        )
        said.append(f"By target: {listed}.")
    if numbers.sessions is not None:
        said.append(
            _say_waterfall(numbers.sessions, "Of {n} sessions", "were left out")
        )
    if numbers.n_duplicates:
        said.append(
            f"Where a subject had several sessions on a day one was kept "
            f"({numbers.n_duplicates} left out)."
        )
    if numbers.n_unreadable:
        said.append(
            f"{numbers.n_unreadable} further sessions held no responses that could be "
            "read."
        )
    said.append(f"Analyses were done with ranvier {code_version()}.")
    blocked = parameters.selection.qc_blockers
    if blocked:
        said.insert(-1, f"Errors that exclude a session: {', '.join(blocked)}.")
    return " ".join(said)


def _say_waterfall(waterfall: Waterfall, begin: str, end: str) -> str:
    gone = [
        f"{step.n_before - step.n_after} by the rule {step.rule}"
        + (f" ({step.note})" if step.note else "")
        for step in waterfall.steps
        if step.is_applied and step.n_before > step.n_after
    ]
    told = f"{begin.format(n=waterfall.n_total)} {waterfall.n_total - waterfall.n_left}"
    detail = f": {'; '.join(gone)}" if gone else ""
    off = waterfall.not_applied
    rest = f" Rules not applied, as nothing was known: {', '.join(off)}." if off else ""
    return f"{told} {end}{detail}.{rest}"


def _say_photometry(parameters: AnalysisParameters) -> str:
    pre, qc = parameters.preprocess, parameters.qc
    taken = (
        f"The band {pre.signal_band} was the signal. Of each band the part from "
        f"{-pre.restrict[0]:g} s before the first trial to {pre.restrict[1]:g} s after "
        "the last was taken."
    )
    judged = (
        f"Signals were judged in windows of {qc.window_s:g} s every {qc.step_s:g} s"
        + (", with the line taken out of each" if qc.detrend else "")
        + f"; a channel with fewer than {qc.min_unique_fraction:g} distinct values per "
        "sample was flagged, and a session with inverted bands or early frames was "
        "rejected."
    )
    return " ".join(
        [taken, say_bleaching(pre), say_reference(pre), say_scaling(pre), judged]
    )


def _say_responses(parameters: AnalysisParameters, numbers: MethodsNumbers) -> str:
    set_, trials = parameters.responses, parameters.trials
    name = parameters.statistics.magnitude
    how = (
        "the samples from the first one after the event on"
        if set_.compat == "iblnm"
        else "by interpolation at exact distances from the event"
    )
    events = ", ".join(numbers.events or set_.events)
    cut = (
        f"Signals were cut from {set_.window[0]:g} to {set_.window[1]:g} s around "
        f"{events}, {how}. Samples after the next event of the trial "
        f"were masked, then the mean from {set_.baseline[0]:g} to "
        f"{set_.baseline[1]:g} s was subtracted."
    )
    said = [cut]
    if name in set_.magnitudes:
        window = set_.magnitudes[name]
        said.append(
            f"The size of a response is its mean from {window[0]:g} to {window[1]:g} s "
            f'("{name}").'
        )
    block = (
        "all blocks"
        if trials.probability_left is None
        else f"blocks with a probability of {trials.probability_left:g} for the left"
    )
    said.append(
        f"Every analysis took the trials of {block} that lasted more than "
        f"{trials.min_response_time_s:g} s from stimulus to feedback, "
        f"{'with' if trials.nogo else 'without'} those that had no choice."
    )
    if numbers.trials is not None:
        begin = "Of {n} responses (recordings × events × trials)"
        said.append(_say_waterfall(numbers.trials, begin, "were left out"))
    return " ".join(said)


def _say_behaviour(parameters: AnalysisParameters) -> str:
    task, wheel = parameters.task, parameters.wheel
    return (
        "Psychometric functions (error function with bias, threshold and two lapse "
        "rates, on signed contrast in percent) were fitted by maximum likelihood to "
        "each kind of block (IBL 2021). Sessions with fewer than "
        f"{task.min_trials} trials, or with an event missing in more than "
        f"{1 - task.event_completeness:.0%} of them, have an error; contrasts of "
        f"{task.easy_contrast:g} % and above are called easy. Positions of the wheel "
        f"were interpolated at {wheel.rate_hz:g} Hz, low-pass filtered at "
        f"{wheel.cutoff_hz:g} Hz (order {wheel.order}, forward and backward; "
        "Butterworth 1930) and differentiated, from "
        f"{wheel.t0_event} to {wheel.t1_event}."
    )


METHODS_PART = Part("methods", _ALL, GROUP_INPUTS, _write, _describe_done)
"""The part that writes the methods; also of the command `responses`."""
