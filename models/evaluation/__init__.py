"""How good models are: detectors and landmark networks on annotated faces and on videos."""
