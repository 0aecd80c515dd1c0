"""The reference client, and how the command line plays to a server and shows what comes back."""
