"""One log format: JSON lines with run, node and host bound to each line."""

from __future__ import annotations

import datetime as dt
import json
import logging
from pathlib import Path
from typing import Any, Dict, Iterator


class JsonLines(logging.Formatter):
    """Format log records as JSON lines.

    Parameters
    ----------
    bound
        Fields that stand on every line: run, node, host, …

    Examples
    --------
    >>> record = logging.LogRecord("n", logging.INFO, "", 1, "ready", None, None)
    >>> json.loads(JsonLines({"node": "eye"}).format(record))["node"]
    'eye'
    """

    def __init__(self, bound: Dict[str, Any]) -> None:
        super().__init__()
        self._bound = bound

    def format(self, record: logging.LogRecord) -> str:
        """Give one record as one line of JSON.

        Returns
        -------
        str
            time, level, the bound fields, message, and traceback where there is one.
        """
        date = dt.datetime.fromtimestamp(record.created, dt.timezone.utc)
        line: Dict[str, Any] = {
            "time": date.isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            **self._bound,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


def read_log(path: Path) -> Iterator[Dict[str, Any]]:
    """Read a log of JSON lines; a torn last line is given as its raw text.

    Yields
    ------
    dict
        One line's fields.
    """
    with path.open(encoding="utf-8", errors="replace") as file:
        for text in file:
            try:
                line = json.loads(text)
            except (ValueError, RecursionError):
                line = None
            if not isinstance(line, dict):
                # What a library printed, or a line that a crash tore.
                line = {"level": "info", "message": text.rstrip("\n")}
            yield line
