"""Declare a table of parameters on a ROS node, with types, texts and ranges."""

from __future__ import annotations

from typing import Any

from rcl_interfaces.msg import (
    FloatingPointRange,
    IntegerRange,
    ParameterDescriptor,
    SetParametersResult,
)
from rclpy.node import Node
from rclpy.parameter import Parameter as RosParameter

from app.ros.parameter import Parameter, checked


def declare(node: Node, table: tuple[Parameter, ...]) -> dict[str, Any]:
    """Declare every parameter and return the values that are in force.

    What is out of range, or no member of its list, is refused by name; also later.

    Raises:
        BadParameter: for a value at the start that is no member of its list.
    """
    for parameter in table:
        node.declare_parameter(
            parameter.name, parameter.default, _descriptor(parameter)
        )
    values = {p.name: node.get_parameter(p.name).value for p in table}
    by_name = {parameter.name: parameter for parameter in table}

    def check(changes: list[RosParameter]) -> SetParametersResult:
        for change in changes:
            known = by_name.get(change.name)
            wrong = known.wrong(change.value) if known else None
            if wrong is not None:
                return SetParametersResult(successful=False, reason=wrong)
        return SetParametersResult(successful=True)

    node.add_on_set_parameters_callback(check)
    return checked(table, values)


def _descriptor(parameter: Parameter) -> ParameterDescriptor:
    descriptor = ParameterDescriptor(
        description=parameter.text, read_only=not parameter.live
    )
    if parameter.one_of:
        descriptor.additional_constraints = "one of " + ", ".join(parameter.one_of)
    if parameter.low is None or parameter.high is None:
        return descriptor
    if parameter.kind == "integer":
        descriptor.integer_range = [
            IntegerRange(from_value=int(parameter.low), to_value=int(parameter.high))
        ]
    else:
        descriptor.floating_point_range = [
            FloatingPointRange(
                from_value=float(parameter.low), to_value=float(parameter.high)
            )
        ]
    return descriptor
