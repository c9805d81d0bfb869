"""The nodes: the skill runtime and the virtual robot on ROS 2 topics (docs/ros2.md)."""
