"""The command ``models``: its options, and what it does with model packs."""
