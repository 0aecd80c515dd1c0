"""Recordings in: interpreted whole, behind OpenAI's interface and as jobs."""
