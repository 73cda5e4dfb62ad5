"""The names under which the stages count what they do."""

NAMESPACE = "openface_beam"
PROBLEMS = "problems"
"""Tag of the rows of the error table among a stage's outputs."""
GROUPS = "groups"
"""Tag of the groups of inputs that are calibrated together."""
