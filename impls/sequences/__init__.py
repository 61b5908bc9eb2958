"""What models of sequences share: an LSTM, and what stands in padding.

Numbers of symbols 0 to 3 mean the same in every vocabulary of this kind.
A mask is True where something is kept, always. Padding stands behind what
is read; a length says how much that is, and never a symbol.
"""

PADDING, START, END, UNKNOWN = 0, 1, 2, 3
