"""The output folder: where its files lie, how they are written, and how they were made."""
