"""What a person starts: command line, control loop, viewer, recorder."""
