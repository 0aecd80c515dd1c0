"""What whoever runs the server sees of it: health, measures, the log."""
