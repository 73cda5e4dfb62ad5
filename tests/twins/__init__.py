"""Plain NumPy re-statements of the compiled kernels, for comparison; clear rather than fast."""
