"""The files that OpenFace 2.2 writes: CSV, details, HOG records and aligned faces."""
