"""The classic image networks, defined once for MXNet and symbook, and how the two are compared."""
