"""What may differ between two runs of a lesson: the patterns of `nbval_sanitize.cfg`, for comparisons."""

from __future__ import annotations

import configparser
import re
from pathlib import Path

_FILE = Path(__file__).parent / "nbval_sanitize.cfg"


def sanitized(text: str, *names: str) -> str:
    """A text with what may differ replaced: by the patterns of these names, or by all."""
    config = configparser.RawConfigParser()
    config.read(_FILE, encoding="utf-8")
    for name in names or config.sections():
        text = re.sub(config[name]["regex"], config[name]["replace"], text)
    return text
