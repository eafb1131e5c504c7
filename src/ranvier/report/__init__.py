"""The report of a run: one HTML file with figures, for a person."""

from __future__ import annotations

from ranvier.report._write import write_report

__all__ = ["write_report"]
