"""Every error of ours has a mend, and a code means one thing."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

import pytest

import ranvier
from ranvier import core

SRC = Path(ranvier.__file__).parent
FAMILIES = {name for name in core.__all__ if name.endswith("Error")} | {"family"}

# One meaning said at several places: the code, and in how many different sentences.
SAID_IN_SEVERAL_WAYS = {
    "RV-G01": 3,  # the file can't be read: missing, not UTF-8, too large
    "RV-G10": 2,  # the version of the file's format: not said, not known
    "RV-G21": 2,  # said twice: a link, a recorded stream
    "RV-N06": 2,  # arguments and inputs: of a method, of a function
    "RV-N10": 2,  # no node: found by a reference, at its declaration
    "RV-N82": 2,  # the activity lacks a signal: any, fluorescence
}


def find_errors():
    for path in sorted(SRC.rglob("*.py")):
        for item in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(item, ast.Call) and name_of(item.func) in FAMILIES:
                words = {word.arg: word.value for word in item.keywords}
                if None not in words:  # ** gives back an error that was made before
                    yield f"{path.relative_to(SRC)}:{item.lineno}", item, words


def name_of(function):
    return getattr(function, "id", getattr(function, "attr", ""))


ERRORS = list(find_errors())


def test_there_are_errors_to_look_at():
    assert len(ERRORS) > 50


@pytest.mark.parametrize("word", ["code", "mend"])
def test_every_error_has_a_code_and_a_mend(word):
    empty = [
        place
        for place, _, words in ERRORS
        if word not in words or getattr(words[word], "value", "text") == ""
    ]

    assert empty == []


def test_every_code_is_of_its_form():
    codes = [words["code"] for _, _, words in ERRORS if "code" in words]
    texts = [code.value for code in codes if isinstance(code, ast.Constant)]

    assert [t for t in texts if not (len(t) == 6 and t[:3] == "RV-")] == []


def test_a_code_means_one_thing():
    sentences = defaultdict(lambda: defaultdict(list))
    for place, call, words in ERRORS:
        code = words.get("code")
        if isinstance(code, ast.Constant) and call.args:
            problem = ast.unparse(call.args[0])
            sentences[code.value][problem].append(place)
    several = {
        code: dict(places)
        for code, places in sorted(sentences.items())
        if len(places) > SAID_IN_SEVERAL_WAYS.get(code, 1)
    }

    assert several == {}
