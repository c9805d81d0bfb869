"""What sentences mean: words, grammar, and the way from commands to items."""
