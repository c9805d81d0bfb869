"""What the loop does when safety reacts: the task ends typed, the robot stands."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.build import build, guard_config, read_plan
from app.control_loop import Episode
from app.options import RunOptions
from sim2real.hazards import Hazard, Reaction
from sim2real.health import Health
from skills.contract import Failure


class Keeper:
    """An observer that keeps every moment."""

    def __init__(self):
        self.moments = []

    def begin(self, assembly, seed, moment): ...

    def tick(self, moment):
        self.moments.append(moment)

    def end(self, result): ...

    def close(self): ...


def after(seconds, health):
    """Return what a backend says of itself: all is well until then."""
    ticks = iter(range(1_000_000))
    return lambda: health if next(ticks) * 0.02 >= seconds else Health()


@pytest.mark.parametrize(
    ("health", "failure", "text"),
    [
        (Health(heartbeat_age_s=1.0), Failure.OPERATOR, "no sign of the operator"),
        (Health(other_commanders=("teleop",)), Failure.OPERATOR, "teleop also"),
        (Health(state_age_s=0.2), Failure.HARDWARE, "the state is 200 ms old"),
    ],
)
def test_a_hazard_ends_the_task_typed_while_the_robot_stands(
    assemble, health, failure, text
):
    keeper = Keeper()
    assembly = replace(assemble(), health=after(2.0, health))
    result = Episode(assembly, 0, observers=[keeper]).run()
    assert result.failure is failure
    assert text in result.sentence
    assert result.duration_s == pytest.approx(2.0)
    last = keeper.moments[-1]
    assert last.reaction is Reaction.STAND
    assert last.command.stiffness.min() > 0.0


def test_a_late_state_slows_the_task_and_does_not_end_it(assemble):
    keeper = Keeper()
    late = after(2.0, Health(state_age_s=0.04))
    slow = Episode(replace(assemble(), health=late), 0, observers=[keeper]).run()
    assert slow.success
    assert slow.hazards == {Hazard.LATE_STATE.value: len(keeper.moments) - 100}
    assert keeper.moments[-1].snapshot.speed_share == 0.5


def test_a_slow_loop_is_seen_with_a_clock_and_only_then(assemble):
    seconds = iter(0.1 * i for i in range(1_000_000))
    result = Episode(replace(assemble(), compute_clock=lambda: next(seconds)), 0).run()
    assert result.failure is Failure.CONTRACT
    assert "the command took 100 ms, there are 20" in result.sentence
    assert assemble().compute_clock is None


def test_an_episode_ends_though_states_come_no_more(assemble):
    assembly = assemble()
    frozen = []

    class Stuck:
        robot, control_dt = assembly.backend.robot, assembly.backend.control_dt

        def __getattr__(self, name):
            return getattr(assembly.backend, name)

        def step(self, command):
            if not frozen or frozen[0].time < 1.0:
                frozen[:] = [assembly.backend.step(command)]
            return frozen[0]

    keeper = Keeper()
    result = Episode(replace(assembly, backend=Stuck()), 0, observers=[keeper]).run()
    assert result.failure is Failure.HARDWARE
    assert "no new state for 3 ticks" in result.sentence
    assert len(keeper.moments) == 51 + 2 + 25  # half a second more


def test_a_robot_that_pretends_is_not_asked_what_it_feels():
    config = guard_config("fake").watchdogs
    assert config.frozen_imu_ticks == config.dead_motor_ticks == 0
    assert guard_config("mujoco").watchdogs.frozen_imu_ticks > 0


def test_what_alters_a_run_gets_its_backend_and_its_skills():
    seen = []

    class Curious:
        def backend(self, backend):
            seen.append(backend)
            return backend

        def skills(self, skills):
            seen.append(sorted(skills))
            return skills

    options = RunOptions(backend="fake")
    assembly = build(read_plan("walk to table", options), alter=Curious())
    assert seen == [assembly.backend, ["balance", "grasp", "manipulate", "walk"]]
