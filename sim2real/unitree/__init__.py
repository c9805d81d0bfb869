"""Unitree's G1 and Dex3-1 hands: their messages, and what starting one takes.

Facts (layouts, orders, the CRC) are those of unitree_sdk2, unitree_sdk2_python and
unitree_ros2; docs/unitree_g1.md says which, and what was checked against them. None
of it has been on a robot.
"""
