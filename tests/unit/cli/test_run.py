"""What `--set` can't mean is refused before anything is made for the run."""

from __future__ import annotations

import pytest

from ranvier.cli._run import build_request
from ranvier.core import GraphError

GRAPH = """\
ranvier: 1
name: loop
nodes:
  eye: {type: signal_generator, parameters: {rate_hz: 100}}
"""


@pytest.mark.parametrize(
    ("parameters", "code", "where"),
    [
        ({"eye": {"rate_hz": "x"}}, "RV-G19", "--set eye.rate_hz=x"),
        ({"eye": {"speed": 2}}, "RV-G17", "--set eye.speed=2"),
        ({"ear": {"rate_hz": 2}}, "RV-C13", None),
    ],
)
def test_a_parameter_that_does_not_fit_is_refused(tmp_path, parameters, code, where):
    path = tmp_path / "graph.yaml"
    path.write_text(GRAPH)
    out = tmp_path / "sessions"

    with pytest.raises(GraphError) as caught:
        build_request(path, out, parameters=parameters)
    assert (caught.value.code, caught.value.where) == (code, where or str(path))
    assert not out.exists()


def test_parameters_that_fit_are_asked_for(tmp_path):
    path = tmp_path / "graph.yaml"
    path.write_text(GRAPH)
    request = build_request(path, tmp_path, parameters={"eye": {"rate_hz": "1 kHz"}})

    assert request.parameters == {"eye": {"rate_hz": "1 kHz"}}
