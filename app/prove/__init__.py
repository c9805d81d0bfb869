"""`praxis prove`: what identification and adaptation bring on robots nobody knows."""
