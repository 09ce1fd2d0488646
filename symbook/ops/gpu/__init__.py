"""What the operators of neural networks do on a GPU: kernels of ours, and products by cuBLAS.

A file here has what the file of that name in `ops/` would do by a loop of Python or by many small launches.
It is imported when an operator first runs on a GPU. Nothing here copies to the host, and no kernel adds
into memory by atomic operations: every result is gathered by one thread or block, so that it is the same in
every run.
"""
