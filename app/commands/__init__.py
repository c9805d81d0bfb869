"""The commands of `praxis`, one module for each group."""
