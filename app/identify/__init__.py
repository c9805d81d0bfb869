"""`praxis identify`: record a robot, fit it, show what is known, check all of it."""
