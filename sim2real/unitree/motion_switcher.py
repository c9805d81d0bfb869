"""The questions to the G1's motion switcher, whose service drives it by default.

Two programs that command the motors fight; so the vendor's must let go first. It is
asked over unitree_api/Request and answers with unitree_api/Response.
"""

from __future__ import annotations

import json
from typing import Any

REQUESTS = "/api/motion_switcher/request"
ANSWERS = "/api/motion_switcher/response"
CHECK, RELEASE = 1001, 1003  # api_id


class MotionSwitcher:
    """Numbers questions and reads the answers to ours.

    Attributes:
        service: name of what drives the robot; empty: nobody; None: not answered yet.
    """

    def __init__(self) -> None:
        """Nothing was asked yet."""
        self.service: str | None = None
        self._asked = 0

    def ask(self, request: Any, api_id: int) -> Any:
        """Fill a unitree_api/Request, and return it."""
        self._asked += 1
        request.header.identity.id = self._asked
        request.header.identity.api_id = api_id
        request.parameter = "{}"
        return request

    def hear(self, response: Any) -> None:
        """Read a unitree_api/Response; answers to others are not ours."""
        identity = response.header.identity
        ours = identity.api_id == CHECK and 0 < identity.id <= self._asked
        if not ours or response.header.status.code != 0:
            return
        try:
            said = json.loads(response.data)
        except ValueError:
            return
        if isinstance(said, dict) and isinstance(said.get("name"), str):
            self.service = said["name"]
