"""Where model files are found and how they are checked."""
