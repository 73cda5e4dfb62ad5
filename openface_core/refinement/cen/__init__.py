"""CEN patch experts: a small network per landmark, which CE-CLM moves a shape model by.

:mod:`~openface_core.refinement.cen.experts` holds the networks of one scale,
:mod:`~openface_core.refinement.blocks` cuts what they look at,
:mod:`~openface_core.refinement.cen.dense_layers` computes their layers, and
:mod:`~openface_core.refinement.cen.response_maps` makes response maps of their answers.

References
----------
A. Zadeh, T. Baltrusaitis and L.-P. Morency, "Convolutional Experts Constrained Local Model for
Facial Landmark Detection", CVPR Workshops 2017.
"""
