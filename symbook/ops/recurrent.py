"""RNN: recurrent layers of all modes."""

from __future__ import annotations
