"""Writing a report: all of its files, published results included."""
