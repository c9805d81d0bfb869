"""What a run leaves behind: traces and robot logs, read again and replayed."""
