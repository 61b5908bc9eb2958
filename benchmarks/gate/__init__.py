"""The gate: this tree against another revision, in pairs of processes.

`trees` finds the base, `pairs` measures both sides, `decide` says what the
numbers mean, `mathematics` whether both compute the same, `verdict` what
CI sees. `power` measures the gate itself.
"""
