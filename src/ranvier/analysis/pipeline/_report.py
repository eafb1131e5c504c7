"""What a run over a study did, in numbers."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass
class StageReport:
    """What became of one stage.

    Parameters
    ----------
    name
        "photometry".
    n_done
        Sessions (or files) that were made now, faults of data or not.
    n_up_to_date
        Those that were not made, since nothing they depend on has changed.
    n_skipped
        Of all, those that have nothing for this stage: no trials, no wheel.
    n_failed
        Of all, those that have nothing but a fault.
    n_with_faults
        Of all, those that have results, and faults besides.
    cpu_s
        Time of the processor, s; of stages of sessions, all together at the first.
    """

    name: str
    n_done: int = 0
    n_up_to_date: int = 0
    n_skipped: int = 0
    n_failed: int = 0
    n_with_faults: int = 0
    cpu_s: float = 0.0


@dataclass
class StudyReport:
    """What a run over a study did.

    Parameters
    ----------
    study
        Its name.
    stages
        What became of each stage, in order.
    faults
        Rows of `make_log_entry` with `stage`: all that stand in the study now.
    files
        Tables and figures that were written, relative to the study.
    """

    study: str
    stages: list[StageReport] = field(default_factory=list)
    faults: list[dict[str, Any]] = field(default_factory=list)
    files: list[str] = field(default_factory=list)

    @property
    def is_nothing_done(self) -> bool:
        """True if all was up to date."""
        return not self.files and not any(stage.n_done for stage in self.stages)

    @property
    def n_failed(self) -> int:
        """Sessions of all stages that have nothing but a fault."""
        return sum(stage.n_failed for stage in self.stages)

    def count_faults(self) -> dict[str, int]:
        """Count the faults by their type, the most frequent first.

        Returns
        -------
        dict
            Type → number.
        """
        return dict(
            Counter(str(each["error_type"]) for each in self.faults).most_common()
        )

    def to_dict(self) -> dict[str, Any]:
        """Give the report as plain values, for JSON.

        Returns
        -------
        dict
            study, stages, faults (without tracebacks), fault_counts, files,
            nothing_done.
        """
        keys = ("stage", "eid", "error_type", "error_message")
        return {
            "study": self.study,
            "stages": [asdict(stage) for stage in self.stages],
            "faults": [{key: each.get(key) for key in keys} for each in self.faults],
            "fault_counts": self.count_faults(),
            "files": self.files,
            "nothing_done": self.is_nothing_done,
        }
