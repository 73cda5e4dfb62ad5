"""Comparison with OpenFace's C++ program, component by component."""
