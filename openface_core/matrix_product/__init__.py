"""Products of matrices that are too small for a BLAS, on one thread and with one result everywhere.

:mod:`~openface_core.matrix_product.tiles` has the innermost loops,
:mod:`~openface_core.matrix_product.product` composes products of them.
"""

from openface_core.matrix_product.product import affine_product, linear_product, padded
from openface_core.matrix_product.tiles import LANE_MULTIPLE, TILE_ROWS

__all__ = ["LANE_MULTIPLE", "TILE_ROWS", "affine_product", "linear_product", "padded"]
