"""Data and its schema: robots, scenes, skills, training, tasks."""
