"""Find out from a log how a robot differs from its model."""
