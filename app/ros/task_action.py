"""The action `execute_task`: goals are tasks, cancelling is `stop`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from praxis_msgs.action import ExecuteTask
from rclpy.action import ActionServer, CancelResponse, GoalResponse
from rclpy.node import Node

from app.control_loop import Assembly, Moment
from app.result import EpisodeResult
from app.ros.operator_requests import Requests
from app.ros.ticket import Answer, Ticket

FEEDBACK_TICKS = 10


class TaskAction:
    """Takes goals, tells how they go as an observer, and answers when they are over."""

    def __init__(
        self, node: Node, requests: Requests, warn: Callable[[str], None]
    ) -> None:
        """Advertise.

        Args:
            node: on whose names the action is.
            requests: asked for what clients want.
            warn: told why a goal is refused.
        """
        self._requests = requests
        self._warn = warn
        self._accepted: Ticket | None = None
        self._goals: list[tuple[Ticket | None, Any]] = []
        self._results: list[EpisodeResult] = []
        self._running: Any = None  # the goal that is told how it goes
        self._ticks, self._leaves = 0, 1
        self._server = ActionServer(
            node,
            ExecuteTask,
            "~/execute_task",
            self._finish,
            goal_callback=self._on_goal,
            handle_accepted_callback=self._on_accepted,
            cancel_callback=self._on_cancel,
        )

    # --- callbacks ---

    def _on_goal(self, request: Any) -> GoalResponse:
        answer = self._requests.execute(request.task)
        if isinstance(answer, Answer):
            self._warn(f"task '{request.task}' is refused: {answer.text}")
            return GoalResponse.REJECT
        self._accepted = answer
        return GoalResponse.ACCEPT

    def _on_cancel(self, handle: Any) -> CancelResponse:
        self._requests.stop()
        return CancelResponse.ACCEPT

    def _on_accepted(self, handle: Any) -> None:
        """Keep the goal; it is executed, in the words of ROS, when the task is over.

        A callback that waited for the end would keep the executor spinning meanwhile.
        """
        self._goals.append((self._accepted, handle))
        self._running = handle

    def _finish(self, handle: Any) -> Any:
        episode = self._results.pop(0)
        result = ExecuteTask.Result(success=episode.success, sentence=episode.sentence)
        result.failure = episode.failure.value if episode.failure else ""
        if episode.success:
            handle.succeed()
        elif handle.is_cancel_requested:
            handle.canceled()
        else:
            handle.abort()
        return result

    # --- what the session tells ---

    def begin(self, assembly: Assembly, seed: int, moment: Moment) -> None:
        """See `Observer.begin`."""
        self._leaves = max(len(assembly.task.leaves), 1)

    def tick(self, moment: Moment) -> None:
        """See `Observer.tick`."""
        self._ticks += 1
        if self._running is None or self._ticks % FEEDBACK_TICKS:
            return
        feedback = ExecuteTask.Feedback(
            phase=moment.status.state.value,
            sentence=moment.status.sentence,
            active_skills=list(moment.active),
            progress=min(len(moment.kept) / self._leaves, 1.0),
        )
        self._running.publish_feedback(feedback)

    def end(self, result: EpisodeResult) -> None:
        """See `Observer.end`."""

    def close(self) -> None:
        """See `Observer.close`."""

    def answer(self) -> None:
        """Tell clients whose task is over."""
        for ticket, handle in list(self._goals):
            if ticket is not None and ticket.result is not None:
                self._goals.remove((ticket, handle))
                self._running = None
                self._results.append(ticket.result)
                handle.execute()

    def destroy(self) -> None:
        """Take the action down."""
        self._server.destroy()
