"""Products of matrices that are too small for a BLAS, on one thread and with one result everywhere.

:mod:`~openface_core.matrix_product.tiles` has the innermost loops,
:mod:`~openface_core.matrix_product.product` composes products of them,
:mod:`~openface_core.matrix_product.lanes` has what OpenBLAS sums in another order, and
:mod:`~openface_core.matrix_product.blas_product` products of that order.
"""

from openface_core.matrix_product.blas_product import MOST_SMALL, blas_product, large_product
from openface_core.matrix_product.lanes import (
    LEAST_BLAS_ROWS,
    TAKEN_AT_ONCE,
    laned_columns,
    laned_combination,
    laned_products,
)
from openface_core.matrix_product.product import (
    affine_product,
    block_product,
    fused_product,
    linear_product,
    padded,
)
from openface_core.matrix_product.tiles import LANE_MULTIPLE, TILE_ROWS

__all__ = [
    "LANE_MULTIPLE",
    "LEAST_BLAS_ROWS",
    "MOST_SMALL",
    "TAKEN_AT_ONCE",
    "TILE_ROWS",
    "affine_product",
    "blas_product",
    "block_product",
    "fused_product",
    "laned_columns",
    "laned_combination",
    "laned_products",
    "large_product",
    "linear_product",
    "padded",
]
