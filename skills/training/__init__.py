"""Training of the skills' policies; never imported at run time."""
