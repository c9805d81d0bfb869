"""What an operator may ask of a session; each is granted or refused in one line.

Services, topics and the action of the node end here. Nothing here waits: what is
granted happens with the next steps of the session.
"""

from __future__ import annotations

from collections.abc import Callable

from app.ros.session import NO_STATE, Session
from app.ros.ticket import BAD_REQUEST, Answer, Ticket, one_line
from planners.task import Task
from sim2real.life_cycle import Phase, Request
from skills.contract import Skill
from skills.steering import Velocity


class Requests:
    """Asks a session for what an operator wants."""

    def __init__(
        self,
        session: Session,
        read_task: Callable[[str], Task],
        make_skills: Callable[[dict[str, str]], dict[str, Skill]] | None = None,
    ) -> None:
        """Take the session.

        Args:
            session: which carries everything out.
            read_task: from words to a task.
            make_skills: builds the skills anew, with other policy files by skill.
        """
        self._session = session
        self._read_task = read_task
        self._make_skills = make_skills
        self._policies: dict[str, str] = {}

    def start(self) -> Answer:
        """Go one phase further: on the hoist to `balance` in three, else in one."""
        return self._answer(Request.START, lambda: self._session.mode)

    def stop(self) -> Answer:
        """End the task, safely; asked again, at once. On the hoist, let go."""
        session = self._session
        if session.ticket is not None:
            again = session.ticket.desk.stopped
            session.ticket.desk.stop()
            how = "at once" if again else "safely; call stop again to stop at once"
            return Answer(accepted=True, text=f"the task is stopped {how}")
        if session.driving.active:
            session.driving.let_go()
            return Answer(accepted=True, text="the robot comes to a stand")
        return self._answer(
            Request.STOP, lambda: f"no task runs; the robot is at {session.mode}"
        )

    def pause(self) -> Answer:
        """Stand, and keep what is in the hand."""
        refused = self._session.ask(Request.PAUSE)
        ticket = self._session.ticket
        if refused is not None or ticket is None:
            return Answer(accepted=False, text=refused or "no task runs")
        ticket.desk.pause()
        return Answer(accepted=True, text="paused; call resume to go on")

    def resume(self) -> Answer:
        """Go on after a pause."""
        refused = self._session.ask(Request.RESUME)
        ticket = self._session.ticket
        if refused is not None or ticket is None:
            return Answer(accepted=False, text=refused or "no task runs")
        ticket.desk.go_on()
        return Answer(accepted=True, text="going on")

    def damp(self) -> Answer:
        """Let the joints go limp against damping, now, wherever the robot is."""
        session = self._session
        if session.state is None:
            return Answer(accepted=False, text=NO_STATE)
        session.damp_asked = True
        if session.ticket is not None:
            session.ticket.desk.stop()
            session.ticket.desk.stop()
        return Answer(accepted=True, text="the joints go limp")

    def reset(self) -> Answer:
        """After a fault: from the beginning; nothing is commanded before `start`."""
        if self._session.ticket is not None:
            return Answer(accepted=False, text="a task runs; call stop first")
        answer = self._answer(Request.RESET, lambda: "reset; the checks are made again")
        self._session.reset_asked = self._session.reset_asked or answer.accepted
        return answer

    def execute(self, words: str) -> Ticket | Answer:
        """Take a task; it begins with the next step."""
        session = self._session
        why = self._busy()
        if why is not None:
            return Answer(accepted=False, text=why)
        try:
            task = self._read_task(words)
        except BAD_REQUEST as error:
            return Answer(accepted=False, text=one_line(error))
        refused = session.ask(Request.TASK)
        if refused is not None:
            return Answer(accepted=False, text=refused)
        session.ticket = Ticket(task=task)
        return session.ticket

    def _busy(self) -> str | None:
        """Return why no task can begin now, if so."""
        session = self._session
        if session.ticket is not None:
            return f"a task runs ({session.ticket.task.text}); call stop first"
        phases, stopped = session.phases, session.parts.safety.stopped
        if phases.phase is Phase.BALANCE:
            return None
        if not phases.commanded:
            why = phases.failed or "call start first"
            return f"the robot is at {session.mode}; {why}"
        if stopped is not None:
            return f"safety stopped the robot ({stopped.text}); call reset first"
        return f"the robot is at {session.mode}"

    def drive(self, velocity: Velocity) -> None:
        """Steer the legs while there is no task: vx, vy [m/s], wz [rad/s]."""
        if self._session.state is not None:
            self._session.driving.steer(velocity, self._session.state.time)

    def set_policy(self, skill: str, path: str) -> Answer:
        """Use another policy file for a skill; an empty path: the one that ships."""
        session = self._session
        if session.phases.commanded:  # loading takes longer than a robot stands
            return Answer(
                accepted=False,
                text=f"the robot is at {session.mode}; a policy is changed before it "
                "is started (autostart:=false)",
            )
        if self._make_skills is None:
            return Answer(accepted=False, text="this node cannot change policies")
        wanted = {**self._policies, skill: path}
        wanted = {name: file for name, file in wanted.items() if file}
        try:
            skills = self._make_skills(wanted)
        except BAD_REQUEST as error:
            return Answer(accepted=False, text=one_line(error))
        self._policies = wanted
        session.use_skills(skills)
        text = f"{skill} uses {path or 'the policy that ships'}"
        session.say(text)
        return Answer(accepted=True, text=text)

    def _answer(self, request: Request, granted: Callable[[], str]) -> Answer:
        refused = self._session.ask(request)
        if refused is not None:
            return Answer(accepted=False, text=refused)
        return Answer(accepted=True, text=granted())
