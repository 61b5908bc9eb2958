"""The machine: hardware, interpreters, versions, environment variables."""
