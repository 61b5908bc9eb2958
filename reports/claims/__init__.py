"""Claims of the chapter, each decided by an interval over seeds."""
