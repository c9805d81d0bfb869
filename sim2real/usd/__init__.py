"""Robots and scenes as USD, for Isaac Lab and whatever else reads it."""
