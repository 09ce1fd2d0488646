"""What several families' gradients are made of, and no user asks for."""

from __future__ import annotations
