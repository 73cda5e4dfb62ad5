"""Exports of a dataset: which are to be made, how they are made, and where they go."""
