"""What was measured, drawn into the frames that it was measured in."""
