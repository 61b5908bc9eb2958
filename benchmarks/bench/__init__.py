"""The bench: the cells of a sweep, run one by one and recorded."""
