import pytest

from ranvier.analysis.figures import make_figure


@pytest.fixture
def figure():
    return make_figure(6, 4)


@pytest.fixture
def axes(figure):
    return figure.subplots()
