"""Faults to inject between a robot and whoever drives it."""
