"""What a learned planner knows: its words, what it observes, its network, a model."""
