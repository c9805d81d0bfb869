"""The person at the robot: who may stop, pause and go on."""
