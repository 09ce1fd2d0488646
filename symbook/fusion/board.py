"""Where what threads tell each other stands in a board, and what stands in a loop's record.

A board's places are bytes from its beginning, each in a cache line of its own where threads write it often.
"""

from __future__ import annotations

# A board
OPEN = 0
"""How many blocks the job has that may be helped with; 0 if there is none."""

NEXT = 64
"""The block that is taken next."""

ACTIVE = 128
"""How many are helping."""

RECORD, BASES, ALLOWED, OWNER = 192, 200, 208, 216
"""The job's record, the addresses of its arrays, how many may help, and whether somebody leads."""

SERVERS, CALLS = 256, 264
"""How many serve; how often they have been called away."""

BYTES = 320

# A record: integers, by position
CODE, COUNT, ARRAYS, RANK, OFFSETS, SIZES, NUMBERS, FUNCTIONS = range(8)
"""The address of a loop's `part`; its blocks, arrays, and dimensions; and where for each block the arrays
begin and how long it is along each dimension, and the loop's numbers and functions stand."""

FIELDS = 8
