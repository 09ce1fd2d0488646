"""What runs on a GPU. A package, so that its files may have the names of those beside it."""
