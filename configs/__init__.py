"""Named run presets, one TOML file each."""
