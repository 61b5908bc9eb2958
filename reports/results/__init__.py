"""Results: records as tables, statistics over seeds, formatted numbers."""
