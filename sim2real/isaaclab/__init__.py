"""Isaac Lab 3 in the words of Praxis: robot, scene and physics.

Only `installed` can be imported without Isaac Lab.
"""
