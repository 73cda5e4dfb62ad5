"""The work folder, in which stages leave large arrays for each other, and signs of life."""
