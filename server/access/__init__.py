"""Who may come in, and how many: keys, tokens, grants, limits."""
