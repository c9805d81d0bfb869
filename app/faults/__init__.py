"""Faults, injected one by one, and what the robot does about them (docs/safety.md)."""
