"""Runs one function of a script of the task repository; a process of its own.

Started by its path with the Python of the repository, so that it needs nothing but the
standard library of Python 3.7 or newer. Reads one line of JSON from stdin, and answers
with one line on the pipe that was its stdout; what the script prints goes to stderr.
If the launcher dies stdin ends, and this ends with all that it started.
"""

from __future__ import annotations

import importlib.util
import inspect
import json
import os
import signal
import sys
import threading
import traceback
from typing import Any

_BLOCK = 65536


def main() -> None:
    """Answer the one question that comes on stdin."""
    answers, question = _take_pipes()
    sys.path[:1] = [os.path.dirname(question["script"]), question["folder"]]  # noqa: PTH120
    sys.argv[:] = [question["script"]]
    try:
        answer = _call(question)
    except SystemExit as error:
        answer = {"kind": "exited", "code": _to_json(error.code)}
    except BaseException as error:  # noqa: BLE001 - whatever a script raises is told
        answer = {
            "kind": "raised",
            "problem": f"{type(error).__name__}: {error}",
            "traceback": _format_traceback(error),
        }
    line = json.dumps(answer) + "\n"
    with os.fdopen(answers, "wb") as pipe:
        pipe.write(line.encode("utf-8"))
    sys.stdout.flush()


def _format_traceback(error: BaseException) -> str:
    """Write where it was raised, from the script's own first line on."""
    ours = main.__code__.co_filename
    frames = error.__traceback__
    while frames is not None:
        file = frames.tb_frame.f_code.co_filename
        if file != ours and not file.startswith("<frozen importlib"):
            break
        frames = frames.tb_next
    return "".join(traceback.format_exception(type(error), error, frames))


def _take_pipes() -> tuple[int, dict[str, Any]]:
    # Copies are not inherited, so that nothing that the script starts holds them open.
    words, answers = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    line = b""
    while not line.endswith(b"\n"):
        block = os.read(words, _BLOCK)
        if not block:
            sys.exit(1)
        line += block
    threading.Thread(target=_end_with_launcher, args=(words,), daemon=True).start()
    return answers, json.loads(line.decode("utf-8"))


def _end_with_launcher(words: int) -> None:
    try:
        while os.read(words, _BLOCK):
            pass
    except OSError:
        pass
    if os.name == "posix":
        os.killpg(os.getpgrp(), signal.SIGKILL)
    os._exit(1)


def _call(question: dict[str, Any]) -> dict[str, Any]:
    module = _load(question["script"])
    names: list[str] = question["functions"]
    found = [name for name in names if callable(getattr(module, name, None))]
    if not found:
        there = [n for n in dir(module) if inspect.isfunction(getattr(module, n))]
        return {"kind": "missing", "wanted": names, "found": there}
    function = getattr(module, found[0])
    arguments = dict(question["arguments"])
    for name, value in question["known"].items():
        if name in _list_names(function) and name not in arguments:
            arguments[name] = value
    return _describe(function(**arguments), found[0])


def _load(path: str) -> Any:
    name = os.path.splitext(os.path.basename(path))[0]  # noqa: PTH119, PTH122
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError("this is no Python file: " + path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def _list_names(function: Any) -> set[str]:
    try:
        return set(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        return set()


def _describe(value: Any, function: str) -> dict[str, Any]:
    plain = _to_plain(value)
    try:
        json.dumps(plain, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        return {"kind": "foreign", "type": type(value).__name__, "function": function}
    return {"kind": "returned", "value": plain, "function": function}


def _to_plain(value: Any) -> Any:
    """Make of numpy's numbers and of paths what JSON has."""
    if getattr(value, "__fspath__", None) is not None:
        return str(os.fspath(value))  # pyright: ignore[reportUnknownArgumentType]
    if getattr(value, "shape", None) == () and hasattr(value, "item"):
        return value.item()
    if type(value) in (list, tuple):
        return [_to_plain(each) for each in value]
    if type(value) is dict:
        return {str(key): _to_plain(value[key]) for key in list(value)}  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    return value


def _to_json(code: Any) -> Any:
    return code if code is None or isinstance(code, (int, str)) else str(code)


if __name__ == "__main__":
    main()
