"""A script is read, and each run of a skill ends as it says."""

from __future__ import annotations

import pytest

from configs.loader import ConfigError, load_robot, load_scene
from configs.schema import RobotConfig
from sim2real.backends.fake_backend import FakeBackend
from skills.contract import Condition, Contract, Failure, Goal, Predicate, Snapshot
from skills.predicates import Hands, tilt_of
from skills.rehearsal import make_rehearsal
from skills.rehearsal_script import Endings, follow, read_script
from skills.runner import SkillRunner

SKILLS = ("walk", "balance", "grasp", "manipulate")
AHEAD = Goal(skill="walk", args={"forward": -0.3})


@pytest.fixture(scope="module")
def robot() -> RobotConfig:
    return load_robot()


class Rehearsal:
    """A fake robot whose skills follow a script."""

    def __init__(self, robot: RobotConfig, script: str) -> None:
        self.backend = FakeBackend(robot, load_scene("kitchen"))
        self.stops = 0
        skills = follow(
            read_script(script, SKILLS),
            make_rehearsal(robot, self.backend),
            stage=self.backend,
            hands=Hands(robot),
            trip=lambda failure, text: self.runner.trip(failure, text),
            stop=self.ask_to_stop,
        )
        self.runner = SkillRunner(robot, skills)
        self.reset()

    def reset(self) -> None:
        self.state = self.backend.reset(0)
        self.runner.reset()

    def ask_to_stop(self) -> None:
        self.stops += 1

    @property
    def snapshot(self) -> Snapshot:
        return Snapshot(state=self.state, objects=self.backend.objects())

    def run(self, seconds: float) -> None:
        until = self.state.time + seconds - 1e-9
        while self.state.time < until:
            self.state = self.backend.step(self.runner.step(self.snapshot))

    def start(self, goal: Goal) -> Contract:
        contract = self.runner.contract(goal, self.snapshot)
        self.runner.start(goal, self.snapshot)
        return contract

    def broken(self, contract: Contract) -> Condition | None:
        """Return the first condition of a contract that no longer holds."""
        now = self.snapshot
        return next((c for c in contract.hold if not c.check(now).holds), None)


def test_a_script_lists_the_endings_of_each_skill():
    assert read_script(" grasp = dropped, ok ; walk=timeout* ;", SKILLS) == {
        "grasp": Endings(listed=(Failure.DROPPED, None)),
        "walk": Endings(listed=(Failure.TIMEOUT,), for_ever=True),
    }


def test_an_empty_script_says_nothing():
    assert read_script("", SKILLS) == {}


def test_after_what_is_listed_all_goes_well_unless_it_is_repeated_for_ever():
    twice = Endings(listed=(None, Failure.BLOCKED))
    assert [twice.of(run) for run in range(3)] == [None, Failure.BLOCKED, None]
    for_ever = Endings(listed=(None, Failure.BLOCKED), for_ever=True)
    assert [for_ever.of(run) for run in (0, 1, 2, 9)] == [None, *[Failure.BLOCKED] * 3]


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("grasp", "script 'grasp': expected skill=ending,ending such as grasp=dropped"),
        ("fly=ok", "there is no skill 'fly'. Known: walk, balance, grasp, manipulate."),
        ("walk=ok; walk=ok", "script 'walk=ok': walk has its endings already."),
        ("walk=lost", "'lost' is no ending. Known: ok, timeout, out_of_reach, object_"),
        ("walk=", "script 'walk=': '' is no ending."),
    ],
)
def test_a_script_that_is_not_understood_is_one_clear_line(script, message):
    with pytest.raises(ConfigError) as error:
        read_script(script, SKILLS)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "failure", ["out_of_reach", "object_lost", "dropped", "unstable", "blocked"]
)
def test_a_condition_breaks_after_four_tenths_of_a_second(robot, failure):
    rehearsal = Rehearsal(robot, f"walk={failure}")
    contract = rehearsal.start(AHEAD)
    rehearsal.run(0.4)
    assert rehearsal.broken(contract) is None
    rehearsal.run(0.02)
    broken = rehearsal.broken(contract)
    assert broken is not None
    assert (broken.name, broken.failure) == (failure, Failure(failure))
    at = rehearsal.state.base_pos_w
    rehearsal.run(0.5)
    assert (rehearsal.state.base_pos_w == at).all()


def test_the_next_run_ends_well(robot):
    rehearsal = Rehearsal(robot, "walk=blocked")
    rehearsal.start(AHEAD)
    rehearsal.run(0.5)
    contract = rehearsal.start(AHEAD)
    rehearsal.run(3.0)
    assert rehearsal.broken(contract) is None
    assert all([c.check(rehearsal.snapshot).holds for c in contract.post]) is False
    rehearsal.run(0.5)
    assert all([c.check(rehearsal.snapshot).holds for c in contract.post])


def test_a_script_begins_anew_with_the_robots_time(robot):
    rehearsal = Rehearsal(robot, "walk=blocked")
    for _ in range(2):
        rehearsal.reset()
        contract = rehearsal.start(AHEAD)
        rehearsal.run(0.5)
        assert rehearsal.broken(contract) is not None


def test_a_run_that_times_out_has_three_seconds_and_gets_nowhere(robot):
    rehearsal = Rehearsal(robot, "walk=timeout")
    contract = rehearsal.start(AHEAD)
    assert contract.timeout_s == 3.0
    rehearsal.run(0.42)
    at = rehearsal.state.base_pos_w
    rehearsal.run(3.0)
    assert (rehearsal.state.base_pos_w == at).all()
    assert rehearsal.broken(contract) is None


def test_a_lost_object_is_hidden_for_three_seconds_and_named(robot):
    rehearsal = Rehearsal(robot, "walk=object_lost")
    goal = Goal(skill="walk", args={"target": "table", "reach": "cup"})
    contract = rehearsal.start(goal)
    rehearsal.run(0.42)
    broken = rehearsal.broken(contract)
    assert broken is not None
    assert broken.predicate == Predicate("visible", ("cup",))
    assert "cup" not in rehearsal.snapshot.objects
    rehearsal.run(3.0)
    assert "cup" in rehearsal.snapshot.objects
    assert rehearsal.broken(contract) is None  # so that a search comes to an end


def test_what_is_dropped_was_in_the_hand_before(robot):
    rehearsal = Rehearsal(robot, "grasp=dropped")
    contract = rehearsal.start(Goal(skill="grasp", args={"object": "cup"}))
    hands, states = Hands(robot), []
    while rehearsal.broken(contract) is None:
        cup = rehearsal.snapshot.objects["cup"]
        states.append(hands.holder(rehearsal.state, cup))
        rehearsal.run(0.02)
    assert states[-1] == "right" and states[0] is None
    cup = rehearsal.snapshot.objects["cup"]
    assert cup.pos_w[2] == pytest.approx(cup.half_size[2])  # on the floor


def test_an_unstable_robot_leans_by_46_degrees(robot):
    rehearsal = Rehearsal(robot, "walk=unstable")
    rehearsal.start(AHEAD)
    rehearsal.run(0.42)
    assert tilt_of(rehearsal.state) == pytest.approx(0.8)


def test_a_breach_of_contract_is_a_fault_of_the_skill(robot):
    rehearsal = Rehearsal(robot, "walk=contract")
    rehearsal.start(AHEAD)
    rehearsal.run(0.42)
    fault = rehearsal.runner.fault("walk")
    assert fault is not None and fault[0] is Failure.CONTRACT
    assert "walk meets what the script says: contract" in fault[1]


def test_a_hardware_failure_trips_the_skill(robot):
    rehearsal = Rehearsal(robot, "walk=hardware")
    rehearsal.start(AHEAD)
    rehearsal.run(0.42)
    text = "walk meets what the script says: hardware"
    assert rehearsal.runner.fault("walk") == (Failure.HARDWARE, text)


def test_an_operator_is_asked_to_stop_once(robot):
    rehearsal = Rehearsal(robot, "walk=operator")
    rehearsal.start(AHEAD)
    rehearsal.run(0.4)
    assert rehearsal.stops == 0
    rehearsal.run(0.4)
    assert rehearsal.stops == 1


def test_the_standing_of_a_robot_that_was_told_nothing_is_no_run(robot):
    rehearsal = Rehearsal(robot, "balance=blocked")
    rehearsal.run(1.0)
    contract = rehearsal.start(Goal(skill="balance", args={"duration_s": 1.0}))
    rehearsal.run(0.42)
    assert rehearsal.broken(contract) is not None


def test_a_scripted_skill_serves_and_breaks_what_it_did_before(robot):
    runner = Rehearsal(robot, "walk=blocked").runner
    at = Predicate("at", ("table",))
    assert runner.serves(at) == Goal(skill="walk", args={"target": "table"})
    assert runner.breaks(Goal(skill="walk", args={"target": "shelf"}), at)
