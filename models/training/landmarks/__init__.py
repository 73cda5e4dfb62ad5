"""The embedded network that finds the 68 landmarks of a face."""
