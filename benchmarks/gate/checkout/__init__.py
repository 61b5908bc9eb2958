"""The base revision: its work tree, environment and cells."""
