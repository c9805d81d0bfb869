"""Read chains of joints with the masses on them from an MJCF."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sim2real.kinematics import KinematicsError, floats, read_link

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Part:
    """Bodies that move as one, behind one joint."""

    joint: str
    offset: Array  # in the part before [m], (3,)
    fixed: Array  # rotation: fixed + sin(q) * sine + (1 - cos(q)) * versine
    sine: Array
    versine: Array
    axis: Array  # in the part itself, (3,)
    mass: float  # [kg]
    moment: Array  # mass x position in the part [kg m], (3,)


def read_chains(
    mjcf: Path, base: str, sites: Sequence[str], rest: Mapping[str, float]
) -> tuple[list[list[Part]], list[Array]]:
    """Return the parts of the chain to each site, and where it is in the last one [m].

    Args:
        mjcf: the robot.
        base: body that everything is seen from.
        sites: the tips.
        rest: positions of joints beside a chain, such as fingers [rad]; they are
            taken to stay there.

    Raises:
        KinematicsError: if `base` does not lead to a site of that name, or the
            chains differ in length.
    """
    root = ElementTree.parse(mjcf).getroot()
    start = root.find(f".//body[@name='{base}']")
    if start is None:
        raise KinematicsError(f"the MJCF has no body '{base}'")
    chains, tips = [], []
    for site in sites:
        path = _path(start, site)
        if not path:
            raise KinematicsError(f"the MJCF has no site '{site}' below body '{base}'")
        chain, tip = _read(path, site, rest)
        chains.append(chain)
        tips.append(tip)
    counts = {len(chain) for chain in chains}
    if len(counts) != 1:
        raise KinematicsError(
            f"limbs of different lengths ({sorted(counts)} joints) to "
            f"{', '.join(sites)}; read them apart"
        )
    return chains, tips


def _path(body: ElementTree.Element, site: str) -> list[ElementTree.Element]:
    if body.find(f"site[@name='{site}']") is not None:
        return [body]
    for child in body.findall("body"):
        found = _path(child, site)
        if found:
            return [body, *found]
    return []


def _read(
    path: list[ElementTree.Element], site: str, rest: Mapping[str, float]
) -> tuple[list[Part], Array]:
    """Return the parts of the chain and where the site is in the last one."""
    parts: list[Part] = []
    at, turned = np.zeros(3), np.eye(3)  # the present body in the present part
    for i, body in enumerate(path[1:], start=1):
        link = read_link(body)
        on = path[i + 1] if i + 1 < len(path) else None
        if link.joint is None:
            at, turned = at + turned @ link.offset, turned @ link.fixed
        else:
            offset = at + turned @ link.offset
            before, at, turned = turned, np.zeros(3), np.eye(3)
            cross = link.fixed.T @ link.sine
            parts.append(
                Part(
                    joint=link.joint,
                    offset=offset,
                    fixed=before @ link.fixed,
                    sine=before @ link.sine,
                    versine=before @ link.versine,
                    axis=np.array([cross[2, 1], cross[0, 2], cross[1, 0]]),
                    mass=0.0,
                    moment=np.zeros(3),
                )
            )
        if not parts:
            continue  # it belongs to the base
        mass, moment = _hanging(body, at, turned, rest, leave_out=on)
        last = parts[-1]
        parts[-1] = Part(
            **{
                **vars(last),
                "mass": last.mass + mass,
                "moment": last.moment + moment,
            }
        )
    mount = path[-1].find(f"site[@name='{site}']")
    assert mount is not None
    return parts, at + turned @ floats(mount.get("pos", "0 0 0"))


def _hanging(
    body: ElementTree.Element,
    at: Array,
    turned: Array,
    rest: Mapping[str, float],
    *,
    leave_out: ElementTree.Element | None,
) -> tuple[float, Array]:
    """Return mass [kg] and mass x position [kg m] of a body with all that hangs on it.

    Args:
        body: placed `at`, `turned`, in its part.
        at: [m], (3,).
        turned: rotation, (3, 3).
        rest: positions of joints [rad].
        leave_out: the child that goes on along the chain.
    """
    mass, moment = 0.0, np.zeros(3)
    inertial = body.find("inertial")
    if inertial is not None:
        mass = float(inertial.get("mass", "0"))
        moment = mass * (at + turned @ floats(inertial.get("pos", "0 0 0")))
    for child in body.findall("body"):
        if child is leave_out:
            continue
        link = read_link(child)
        angle = rest.get(link.joint or "", 0.0)
        turn = link.fixed + np.sin(angle) * link.sine
        turn = turn + (1.0 - np.cos(angle)) * link.versine
        more, further = _hanging(
            child, at + turned @ link.offset, turned @ turn, rest, leave_out=None
        )
        mass, moment = mass + more, moment + further
    return mass, moment
