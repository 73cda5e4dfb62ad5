"""Beam stages, one per module; no numerics."""
