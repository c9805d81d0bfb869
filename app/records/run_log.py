"""Write a run into a robot log (MCAP): enough to look at it, and to replay it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from app.control_loop import Assembly, Moment
from app.result import EpisodeResult
from sim2real.robot_log import PolicyStep, RobotLogWriter, SkillEvent
from sim2real.robot_log.records import START, STOP
from skills.contract import Goal, Snapshot
from skills.policy import Array32, Policy


class RunLog:
    """Watches one episode and writes it down as it happens.

    What skills are told and what policies see comes from the runner, in the order in
    which it happens.
    """

    def __init__(
        self,
        path: Path,
        metadata: Mapping[str, object],
        *,
        warn: Callable[[str], None] = lambda text: None,
    ) -> None:
        """Take the path; the file is opened when the episode begins.

        Args:
            path: of the file; one that exists is replaced.
            metadata: what is worth knowing: scene, backend, digests of the policies.
            warn: told if the log cannot be kept, or not whole.
        """
        self.path = path
        self._metadata = metadata
        self._warn = warn
        self._writer: RobotLogWriter | None = None
        self._assembly: Assembly | None = None
        self._pending: list[tuple[str, str, Mapping[str, str | float]]] = []
        self._time = 0.0  # of the tick that runs [s]

    def begin(self, assembly: Assembly, seed: int, moment: Moment) -> None:
        """Open the file, and listen to the runner and its policies.

        Raises:
            ConfigError: if `mcap` is not installed, or nothing can be written there.
        """
        self.close()
        metadata = {"task": assembly.task.text, "seed": seed, **self._metadata}
        self._writer = RobotLogWriter(
            self.path,
            assembly.backend.robot,
            metadata,
            control_dt=assembly.backend.control_dt,
            warn=self._warn,
        )
        self._writer.write_task(moment.snapshot.time, assembly.task.text)
        self._pending.clear()
        self._assembly = assembly
        assembly.runner.listener = self
        for name, policy in assembly.runner.policies().items():
            policy.on_step = partial(self._ran, name, policy.labels, policy)

    def tick(self, moment: Moment) -> None:
        """Write what was measured, seen and commanded in this tick."""
        if self._writer is None:
            return
        state = moment.snapshot.state
        self._writer.write_state(state)
        self._writer.write_objects(state, moment.snapshot.objects)
        self._writer.write_command(state.time, moment.command)

    def end(self, result: EpisodeResult) -> None:
        """The file is finished by `close`."""
        self._listen_no_more()

    def close(self) -> None:
        """Finish the file; also of a run that was interrupted."""
        self._listen_no_more()
        if self._writer is None:
            return
        self._writer.close()
        if self._writer.dropped:
            self._warn(
                f"the log {self.path} lacks {self._writer.dropped} messages: the disk "
                "did not keep up"
            )
        self._writer = None

    # --- what the runner says -------------------------------------------------------

    def started(self, goal: Goal) -> None:
        """See `skills.runner.Listener`."""
        self._pending.append((START, goal.skill, dict(goal.args)))

    def stopped(self, skill: str) -> None:
        """See `skills.runner.Listener`."""
        self._pending.append((STOP, skill, {}))

    def stepping(self, snapshot: Snapshot) -> None:
        """See `skills.runner.Listener`."""
        self._time = snapshot.time
        if self._writer is not None:
            for kind, skill, args in self._pending:
                event = SkillEvent(time=self._time, kind=kind, skill=skill, args=args)
                self._writer.write_event(event)
        self._pending.clear()

    def _ran(
        self,
        name: str,
        labels: tuple[str, ...],
        policy: Policy,
        observation: Array32,
        action: Array32,
    ) -> None:
        if self._writer is not None:
            self._writer.write_policy_step(
                PolicyStep(
                    time=self._time,
                    policy=name,
                    terms=labels,
                    observation=observation,
                    joints=policy.joints,
                    action=action,
                )
            )

    def _listen_no_more(self) -> None:
        if self._assembly is None:
            return
        runner = self._assembly.runner
        if runner.listener is self:
            runner.listener = None
            for policy in runner.policies().values():
                policy.on_step = None
        self._assembly = None
