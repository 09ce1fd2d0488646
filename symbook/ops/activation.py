"""Activations: Activation, LeakyReLU, and the softmax family."""

from __future__ import annotations
