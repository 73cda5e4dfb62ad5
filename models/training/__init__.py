"""Training of the embedded models. The networks need PyTorch: the extra ``train``."""
