"""The machine: hardware, interpreters, versions, environment variables."""

__all__ = [
    "describe",
    "env_vars",
    "files",
    "interpreters",
    "machine_lock",
    "nvml",
]
