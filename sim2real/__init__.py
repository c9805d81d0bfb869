"""Makes a simulated and a real robot look the same from above."""
