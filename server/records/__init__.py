"""Records of what was said, as text, JSON and subtitles."""
