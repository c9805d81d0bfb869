"""From words to a behaviour tree."""
