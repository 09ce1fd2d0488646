"""Those that run on a GPU. A call returns when its work is under way; `wait` waits for all of it."""
