"""Configuration: the schema of a cell, its rules, Hydra overrides."""
