"""Lengths of the two descriptors of a face that action units are predicted from."""

FHOG_SIZE = 12 * 12 * 31
"""Length of the appearance descriptor, 4464."""

GEOMETRY_SIZE = 3 * 68 + 34
"""Length of the geometry descriptor, 238."""

DESCRIPTOR_SIZE = FHOG_SIZE + GEOMETRY_SIZE
"""Length of a predictor's input, 4702: appearance, then geometry."""
