"""How fast a long task goes, beside its bar."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.progress import ProgressColumn
from rich.text import Text

from ranvier.cli._numbers import format_rate

if TYPE_CHECKING:
    from rich.progress import Task


class RateColumn(ProgressColumn):
    """Steps per second of a task; empty until something is known of it."""

    def render(self, task: Task) -> Text:
        """Write the rate of one task.

        Returns
        -------
        rich.text.Text
        """
        speed = task.finished_speed or task.speed
        return Text(f"{format_rate(speed)}/s" if speed else "", style="dim")
