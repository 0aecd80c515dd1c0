"""The native wire: every message, the codec, which message may come when, and what waits to be sent."""
