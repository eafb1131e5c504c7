"""The older launcher's names: that they are there, and where."""

import pytest

import ranvier.session
from ranvier.core import SessionError
from ranvier.session import exceptions, faults, validation


def test_the_errors_are_those_of_sessions():
    assert exceptions.BaseExperimentError is SessionError
    assert exceptions.BonsaiProcessError is faults.BonsaiProcessError
    assert all(
        issubclass(getattr(ranvier.session, name), exceptions.BaseExperimentError)
        for name in exceptions.__all__
    )


def test_every_name_is_the_same_where_it_lives_and_at_the_top():
    assert ranvier.session.validate_parameters is validation.validate_parameters
    assert set(ranvier.session.__all__) <= set(dir(ranvier.session))


def test_a_name_that_is_not_there_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'BaseLauncher'"):
        _ = ranvier.session.BaseLauncher
