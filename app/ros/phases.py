"""The life cycle of the robot of a session, and the checks before anything moves.

While it is unchecked or checked nothing at all is commanded: whoever has the robot
keeps it. The checks are made again and again until the robot is started.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from configs.schema import RobotConfig
from sim2real.hazards import Reaction
from sim2real.health import Health
from sim2real.life_cycle import (
    Facts,
    LifeCycle,
    LifeCycleConfig,
    Phase,
    Refusal,
    Request,
)
from sim2real.robot import JointCommand, RobotState
from sim2real.robot_checks import WATCHED_TICKS, Check, Watched, check_robot
from sim2real.safety import SafetyFilter

UNCOMMANDED = (Phase.UNCHECKED, Phase.CHECKED)
LIMPEST = (Phase.DAMPING, Phase.FAULT_LIMP)
WITHOUT_POLICY = (Phase.DAMPING, Phase.RAMP, Phase.STAND)
BY_HAND = "not reported; the operator answers for it"


class Phases:
    """Drives a `LifeCycle` with what the session knows.

    Attributes:
        checks: the newest table of checks; empty before the first.
        hoisted: whether the robot hangs when it is started.
    """

    def __init__(
        self,
        robot: RobotConfig,
        control_dt: float,
        *,
        hoisted: bool = False,
        clocked: bool = True,
        heartbeat_s: float = 0.0,
        emergency_stop: Callable[[], bool | None] = lambda: True,
        stop_by_hand: bool = False,
        more_checks: Callable[[], list[Check]] = list,
        say: Callable[[str], None] = lambda text: None,
    ) -> None:
        """Begin unchecked.

        Args:
            robot: whose joints these are.
            control_dt: from one tick to the next [s].
            hoisted: it hangs, and goes through every phase; else it stands on its feet
                and is taken over as it stands.
            clocked: False in lock-step, where no time passes before the first command.
            heartbeat_s: longest silence of the operator; 0: none is expected [s].
            emergency_stop: whether it is there and not pressed; None: not reported.
            stop_by_hand: an emergency stop need not be reported.
            more_checks: of policies, made once.
            say: told one line about every phase, and about checks that fail.
        """
        heartbeat = heartbeat_s or LifeCycleConfig().heartbeat_s
        self.config = LifeCycleConfig(hoisted=hoisted, heartbeat_s=heartbeat)
        self._robot, self._dt = robot, control_dt
        self._clocked, self._heartbeat_s = clocked, heartbeat
        self._stop_is_free, self._by_hand = emergency_stop, stop_by_hand
        self._make_more, self._more = more_checks, list[Check]()
        self._say = say
        # Of commands without a policy: no stand may replace a limp robot's.
        self._filter = SafetyFilter(robot, control_dt)
        self.checks: list[Check] = []
        self._said: tuple[str, ...] = ()
        self.begin()

    def begin(self) -> None:
        """Be unchecked, whatever was before."""
        self._cycle = LifeCycle(self._robot, self._dt, self.config)
        self._watched: list[RobotState] = []
        self._told = 0
        self._filter.reset()

    @property
    def phase(self) -> Phase:
        """Where the robot is on its way."""
        return self._cycle.phase

    @property
    def hoisted(self) -> bool:
        """Whether the robot hangs when it is started."""
        return self.config.hoisted

    @property
    def commanded(self) -> bool:
        """Whether the robot is commanded at all."""
        return self.phase not in UNCOMMANDED

    @property
    def failed(self) -> str | None:
        """What the checks found, in one line; None if all is well."""
        wrong = [check for check in self.checks if not check.passed]
        if not wrong:
            return None
        more = f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else ""
        return f"check of {wrong[0].name} failed: {wrong[0].reason}{more}"

    def watch(self, state: RobotState, health: Health) -> None:
        """See a state of the robot at rest; every so many make a check."""
        self._watched.append(state)
        if len(self._watched) < WATCHED_TICKS:
            return
        states, self._watched = tuple(self._watched), []
        self.checks = self._check(states, health)
        failed = sum(not check.passed for check in self.checks)
        self._tell_failed()
        if self.phase is Phase.UNCHECKED and not failed:
            self.ask(Request.CHECKED, state, Facts(checks_failed=failed))

    def ask(self, request: Request, state: RobotState, facts: Facts) -> str | None:
        """Grant a request, or return why not, in one line."""
        if request is Request.START and not self.commanded:
            if self.failed is not None:
                return self.failed
            if self.phase is Phase.UNCHECKED:
                return "the checks are not over yet; call start in a moment"
        refused: Refusal | None = self._cycle.ask(request, state, facts)
        self._tell()
        return None if refused is None else refused.text

    def step(self, state: RobotState, facts: Facts) -> JointCommand | None:
        """Go on by one tick; return what to send, or None: skills have the joints."""
        wanted = self._cycle.step(state, facts)
        self._tell()
        if wanted is None:
            return None
        if self.phase in LIMPEST:
            self._filter.reset()  # limp is the end of every reaction
            return wanted
        return self._filter.filter(wanted, state)

    def facts(
        self, health: Health, reaction: Reaction, *, task_over: bool = False
    ) -> Facts:
        """Return what conditions look at.

        Args:
            health: of the messages.
            reaction: of the safety filter behind the policies.
            task_over: whether the task has ended.
        """
        if self.phase in WITHOUT_POLICY:
            reaction = self._filter.reaction
        return Facts(
            checks_failed=0 if self.checks and self.failed is None else 1,
            state_age_s=health.state_age_s,
            heartbeat_age_s=health.heartbeat_age_s,
            other_commanders=health.other_commanders,
            reaction=reaction,
            task_over=task_over,
        )

    # --- parts ------------------------------------------------------------------------

    def _check(self, states: Sequence[RobotState], health: Health) -> list[Check]:
        if not self._more:
            self._more = self._make_more()
        watched = Watched(
            robot=self._robot,
            control_dt=self._dt,
            states=tuple(states),
            health=health,
            emergency_stop=self._stop_is_free(),
            clocked=self._clocked,
            heartbeat_s=self._heartbeat_s,
        )
        checks = check_robot(watched)
        if self._by_hand and watched.emergency_stop is None:
            checks = [
                Check(name=check.name, passed=True, reason=BY_HAND)
                if check.name == "emergency stop"
                else check
                for check in checks
            ]
        return checks + self._more

    def _tell_failed(self) -> None:
        """Say which checks fail, when others do than before."""
        failed = [check for check in self.checks if not check.passed]
        names = tuple(check.name for check in failed)
        if names != self._said:
            self._said = names
            for check in failed:
                self._say(f"check of {check.name} failed: {check.reason}")

    def _tell(self) -> None:
        for time, phase, why in self._cycle.history[self._told :]:
            self._say(f"{time:7.2f} s  {phase.value} ({why})")
        self._told = len(self._cycle.history)
