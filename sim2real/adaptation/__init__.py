"""Fit commands to the robot that is there: estimate what differs, make up for it."""
