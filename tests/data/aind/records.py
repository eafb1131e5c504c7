"""Records of sessions as a trail would give them, for tests of metadata."""

import datetime as dt
from dataclasses import replace

from ranvier.session.faults import Verdict
from ranvier.session.record import (
    Epoch,
    ProgramAttempt,
    RepositoryState,
    SessionRecord,
    SessionState,
    StepRecord,
)

ZONE = dt.timezone(dt.timedelta(hours=-7))
START = dt.datetime(2026, 11, 20, 10, 0, 0, tzinfo=ZONE)
REPOSITORY = (
    "https://github.com/AllenNeuralDynamics/openscope-community-predictive-processing"
)
COMMIT = "caec69c39c7a61b2daaa1a6594fddcdf4c3658c3"
SUBJECT = "762287"
RIG = "SLAP2_1"


def at(minutes):
    return START + dt.timedelta(minutes=minutes)


def step(phase="before", **data):
    return StepRecord("step", phase, 0, at(0), at(0.5), Verdict.OK, data=data)


def attempt(program="bonsai", **rest):
    times = {"start": at(2), "end": at(62), **rest}
    return ProgramAttempt(program, (program,), 1, exit_code=0, **times)


def minimal_parameters():
    return {
        "session_type": "Behavior",
        "mouse_platform_name": "Running wheel",
        "active_mouse_platform": False,
    }


def full_parameters():
    return {
        **minimal_parameters(),
        "protocol_id": ["dx.doi.org/10.17504/protocols.io.5jyl8peq8g2w/v1"],
        "iacuc_protocol": 2115,
        "experimenters": ["Jane Doe", "John Roe"],
        "stimulus_name": "Predictive processing",
        "stimulus_modalities": ["Visual"],
        "data_modalities": ["behavior", "behavior-videos"],
        "camera_names": ["Face camera"],
        "script_path": "code\\stimulus-control\\src\\generic_oddball.bonsai",
        "script_parameters": {"Subject": SUBJECT, "Trial.Duration": "00:00:02"},
        "rig_modification_date": "2026-10-01",
        "rig_coordinate_system": "BREGMA_ARI",
        "rig_devices": [
            {"name": "Face camera", "manufacturer": "Allied", "model": "Mako G-040B"},
            {"name": "Wheel", "notes": "built here"},
        ],
        "rig_location": "Room 342",
        "institution": "AIND",
        "funding_source": ["Allen Institute", "NIMH"],
        "investigators": ["Ada Lovelace", {"name": "Santiago Ramón y Cajal"}],
        "project_name": "Ophys Platform - SLAP2",
        "subject_species": "Mus musculus",
        "subject_strain": "C57BL/6J",
        "subject_sex": "Male",
        "subject_date_of_birth": "2026-07-01",
        "subject_genotype": "wt/wt",
        "subject_source": "Jackson Laboratory",
    }


def minimal_session():
    """Give a session in which a graph ran, on a rig without TOML, with little told."""
    return SessionRecord(
        session=f"{SUBJECT}_2026-11-20_10-00-00",
        subject=SUBJECT,
        user="jdoe",
        rig=RIG,
        state=SessionState.FINISHED,
        start=START,
        end=at(62),
        acquisition_start=at(2),
        acquisition_end=at(62),
        verdict=Verdict.OK,
        exit_status=0,
        parameters=minimal_parameters(),
        host={"name": "rig-pc", "system": "Linux"},
        software={"ranvier": "0.1.0", "python": "3.11.7"},
        attempts=(attempt("graph"),),
    )


def full_session():
    """Give a session with Bonsai, weights, notes and all that can be set."""
    return replace(
        minimal_session(),
        parameters=full_parameters(),
        software={"ranvier": "0.1.0", "python": "3.11.7", "bonsai": "2.8.5"},
        repository=RepositoryState(
            f"{REPOSITORY}.git",
            COMMIT,
            "main",
            "/code",
        ),
        attempts=(attempt("bonsai"),),
        steps=(
            step(animal_weight_prior_g=25.3),
            step("after", animal_weight_post_g=25.9, reward_consumed_ul=1250),
            step("after", notes="The animal ran a lot."),
        ),
    )


def failed_session():
    return replace(
        full_session(),
        verdict=Verdict.FAILED,
        exit_status=3,
        end=at(7),
        acquisition_end=at(7),
        attempts=(attempt("bonsai", end=at(7)),),
    )


def lost_session():
    """Give a session whose launcher died in mid-acquisition, not yet finalised."""
    return replace(
        full_session(),
        state=SessionState.LOST,
        end=None,
        acquisition_end=None,
        verdict=None,
        exit_status=None,
        attempts=(attempt("bonsai", end=None),),
        steps=(step(animal_weight_prior_g=25.3),),
    )


def finalised_session():
    """Give the same, finalised: the last line's time is its end."""
    return replace(
        lost_session(),
        state=SessionState.FINISHED,
        end=at(31),
        acquisition_end=at(31),
        is_end_seen=False,
        verdict=Verdict.FAILED,
    )


def session_of_epochs():
    script = {"name": "oddball.py", "version": "1.2", "parameters": {"n.blocks": 4}}
    visual = Epoch(
        "Gratings",
        at(3),
        at(20),
        ("Visual",),
        parameters={"orientations": [0, 45], "contrast": 0.8},
        trials={"total": 120, "finished": 118, "rewarded": 60},
        reward_ul=600.0,
    )
    sound = Epoch("Tones", at(21), at(40), ("Auditory",), script, {"f_khz": 8})
    pause = Epoch("Spontaneous", at(41), at(64), ("No stimulus",))
    return replace(full_session(), epochs=(visual, sound, pause))


def dirty_session():
    state = replace(full_session().repository, is_dirty=True)
    return replace(full_session(), repository=state)


def session_without_subject():
    return replace(minimal_session(), subject=None)


def valid_sessions():
    """Give all that must give a valid session.json and acquisition.json, by name."""
    return {
        "full": full_session(),
        "minimal": minimal_session(),
        "failed": failed_session(),
        "finalised": finalised_session(),
        "epochs": session_of_epochs(),
        "dirty": dirty_session(),
    }
