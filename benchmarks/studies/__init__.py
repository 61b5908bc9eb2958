"""Studies: what the measuring itself can detect, measured."""
