"""What a command line or a Python user names, turned into settings and models."""
