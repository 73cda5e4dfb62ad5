"""Components 8, 9 and 11: models of action units, their predictions, and what becomes of them."""
