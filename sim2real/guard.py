"""Watches over the robot, and stands, crouches or lets go when the policies must not.

    stand by policy -> classical stand -> blind stand -> crouch -> limp

It only ever goes to the right, until `reset`. A robot that is not steady when it loses
its policy or its senses falls, whatever it does: it folds its legs at once and then
goes limp, which brings it down at half the speed of a stretched one (docs/safety.md).
"""

from __future__ import annotations

from collections import deque
from math import hypot, sqrt

from pydantic import Field

from configs.schema import Config, RobotConfig
from sim2real.blind_stand import BlindStand
from sim2real.classical_stand import ClassicalStand
from sim2real.footing import Footing, Soles
from sim2real.hazards import Hazard, Reaction, WatchdogConfig
from sim2real.health import Health
from sim2real.reactions import AGAIN, RESPONSES, By, Response
from sim2real.robot import JointCommand, RobotState
from sim2real.rotations import project_gravity
from sim2real.watchdog import Finding, Look
from sim2real.watchdogs import look_all, watchdogs

TRUSTED_TICKS = 3  # how old the state is that a blind stand starts from


class GuardConfig(Config):
    """How the guard stands and goes down."""

    watchdogs: WatchdogConfig = WatchdogConfig()
    blind_stand_s: float = Field(default=5.0, ge=0)  # then it crouches
    crouch_s: float = Field(default=2.0, gt=0)  # all the way, in a controlled way
    drop_s: float = Field(default=0.5, gt=0)  # all the way, when it falls anyway
    # The classical stand gives up beyond: capture point [m], tilt of the base [rad].
    lost_point: float = Field(default=0.16, gt=0)
    lost_tilt: float = Field(default=0.35, gt=0)


class Guard:
    """Watchdogs, and the stands for when a policy or a state cannot be trusted."""

    def __init__(
        self, robot: RobotConfig, control_dt: float, config: GuardConfig | None = None
    ) -> None:
        """Read the robot's masses and limits.

        Args:
            robot: a biped with the joint names of a G1.
            control_dt: from one command to the next [s].
            config: limits.
        """
        self.config = config or GuardConfig()
        self._robot = robot
        self._dt = control_dt
        self._soles = Soles(robot)
        self._stand = ClassicalStand(robot, self._soles)
        self._blind = BlindStand(robot)
        self.reset()

    def reset(self) -> None:
        """Trust everything again."""
        self.response: Response | None = None  # the gravest so far; None: below STAND
        self._dogs = watchdogs(self._robot, self._dt, self.config.watchdogs)
        self._kept: deque[tuple[RobotState, JointCommand, Footing]] = deque(
            maxlen=TRUSTED_TICKS
        )
        self._footing: Footing | None = None
        self._last_time = float("-inf")
        self._blind_ticks = 0
        self._falling = False

    @property
    def in_charge(self) -> bool:
        """Whether the guard commands the joints, not a policy."""
        return self.response is not None and self.response.by > By.POLICY

    @property
    def standing_by(self) -> str:
        """Who keeps the robot up, in words; empty while nothing is wrong."""
        if self.response is None:
            return ""
        return ("balance", "classical stand", "blind stand")[self.response.by]

    def look(self, state: RobotState, health: Health) -> list[Finding]:
        """Return what the watchdogs find in a state whose numbers make sense."""
        fresh, self._last_time = state.time > self._last_time, state.time
        self._footing = self._soles.footing(state)
        look = Look(
            state=state,
            fresh=fresh,
            health=health,
            sent=self._kept[-1][1] if self._kept else None,
            footing=self._footing,
        )
        found = look_all(self._dogs, look)
        if self.response is not None and self.response.by is By.FEEDBACK:
            found += self._lost(state, self._footing)
        return found

    def keep(self, state: RobotState, sent: JointCommand) -> None:
        """Remember a tick of a policy, to stand from when it is the last."""
        if self._footing is not None:
            self._kept.append((state, sent, self._footing))

    def take(self, kind: Hazard, state: RobotState) -> Reaction:
        """React to a hazard of `RESPONSES`; return how far that goes."""
        wanted, now = RESPONSES[kind], self.response
        if now is not None:
            wanted = AGAIN.get(kind, wanted)
        if wanted.reaction is Reaction.SLOW:
            return wanted.reaction
        if now is None or wanted.by > now.by:
            self.response = wanted
            if wanted.by is By.FEEDBACK:
                self._begin_feedback(state)
            elif wanted.by is By.BLIND:
                self._begin_blind(kind)
        elif wanted.reaction.rank > now.reaction.rank:
            self.response = Response(wanted.reaction, now.by)
        assert self.response is not None
        return self.response.reaction

    def step(self, state: RobotState) -> JointCommand | None:
        """Return the command of this tick, or None when the joints are to go limp."""
        assert self.response is not None
        crouching = self.response.reaction is Reaction.CROUCH
        if self.response.by is By.FEEDBACK:
            share = self._dt / self.config.crouch_s if crouching else 0.0
            return self._stand.step(state, share)
        if not self._kept or (self._falling and self._blind.folded):
            return None
        self._blind_ticks += 1
        if crouching:
            all_the_way = self.config.drop_s if self._falling else self.config.crouch_s
            return self._blind.crouch(self._dt / all_the_way)
        if self._blind_ticks * self._dt >= self.config.blind_stand_s:
            self.response = Response(Reaction.CROUCH, By.BLIND)
        return self._blind.stand()

    # --- parts ------------------------------------------------------------------------

    def _begin_feedback(self, state: RobotState) -> None:
        last = self._kept[-1][1] if self._kept else None
        self._stand.start(state, last)

    def _begin_blind(self, kind: Hazard) -> None:
        self._falling = kind is Hazard.UNSTEADY
        if not self._kept:
            return
        state, sent, footing = self._kept[0]
        in_the_air = kind is Hazard.CONTACT_LOST
        self._falling |= not (footing.steady or in_the_air)
        if self._falling:
            self.response = Response(Reaction.CROUCH, By.BLIND)
        self._blind.start(state, sent)

    def _lost(self, state: RobotState, footing: Footing) -> list[Finding]:
        """Return why the classical stand cannot hold the robot any longer, if so."""
        away = hypot(*footing.capture_point)
        level = float(project_gravity(state.base_quat_wxyz)[2])
        tilt = sqrt(max(1.0 - level**2, 0.0))
        if away <= self.config.lost_point and tilt <= self.config.lost_tilt:
            return []
        text = (
            f"the capture point is {away:.2f} m from the middle of the soles, the base "
            f"leans by {tilt:.2f} rad"
        )
        return [Finding(Hazard.UNSTEADY, text)]
