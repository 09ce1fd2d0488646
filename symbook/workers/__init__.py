"""Threads: how many may run, the workers that everybody shares, and the threads of NumPy's BLAS.

:func:`share` calls a function on as many threads as are free; :class:`Job` is what it is made of.
"""

from __future__ import annotations

from .blas import blas_threads
from .counts import bounded, most_threads, processors, set_thread_count, thread_count
from .job import Job, Task, awaiting, free_threads, in_job, share

__all__ = [
    "Job",
    "Task",
    "awaiting",
    "blas_threads",
    "bounded",
    "free_threads",
    "in_job",
    "most_threads",
    "processors",
    "set_thread_count",
    "share",
    "thread_count",
]
