"""Records: one folder per measured cell, one file per gate verdict."""
