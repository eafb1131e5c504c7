"""What programs used, added up: one pass over the samples."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ranvier.session.record._values import as_float

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ranvier.session.record._model import ResourceSample


def summarise(samples: Sequence[ResourceSample]) -> dict[str, Any]:
    """Add up what programs used.

    Parameters
    ----------
    samples
        Of all programs.

    Returns
    -------
    dict
        programs: for each, n_samples, and of its whole tree rss_bytes_max,
        cpu_percent_mean and cpu_percent_max (100 is one core). system:
        cpu_percent_max, memory_percent_max, disk_free_bytes_min. None where no sample
        knew it.
    """
    trees: dict[str, list[ResourceSample]] = {}
    for sample in samples:
        trees.setdefault(sample.program, []).append(sample)
    systems = [sample.system for sample in samples]
    return {
        "n_samples": len(samples),
        "programs": {name: _summarise_tree(few) for name, few in trees.items()},
        "system": {
            "cpu_percent_max": _most(systems, "cpu_percent"),
            "memory_percent_max": _most(systems, "memory_percent"),
            "disk_free_bytes_min": min(
                _known(systems, "disk_free_bytes"), default=None
            ),
        },
    }


def _summarise_tree(samples: Sequence[ResourceSample]) -> dict[str, Any]:
    loads = [_total(sample, "cpu_percent") for sample in samples]
    sizes = [_total(sample, "rss_bytes") for sample in samples]
    known = [load for load in loads if load is not None]
    return {
        "n_samples": len(samples),
        "rss_bytes_max": max((s for s in sizes if s is not None), default=None),
        "cpu_percent_mean": round(sum(known) / len(known), 2) if known else None,
        "cpu_percent_max": max(known, default=None),
    }


def _total(sample: ResourceSample, name: str) -> float | None:
    known = _known(sample.processes, name)
    return round(sum(known), 2) if known else None


def _most(rows: Iterable[dict[str, Any]], name: str) -> float | None:
    return max(_known(rows, name), default=None)


def _known(rows: Iterable[dict[str, Any]], name: str) -> list[float]:
    numbers = (as_float(row.get(name)) for row in rows)
    return [number for number in numbers if number is not None]
