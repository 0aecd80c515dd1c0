"""The sockets of speakers, listeners and operators, and the addresses where they come in."""
