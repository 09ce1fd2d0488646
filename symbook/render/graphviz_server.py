"""A child process that stays: it is started when it is first asked, and answers at once from then on."""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import subprocess
import threading
from collections.abc import Sequence

_ENDING = 0.5
"""Seconds that a child that closed its pipe may take to end."""


class ServerError(Exception):
    """The child gave no answer; the text says why."""


class Server:
    """A child process that answers one request after another.

    Parameters
    ----------
    command : sequence of str
        It speaks as `_graphviz_child.py` says.

    Raises
    ------
    OSError
        If no process can be started.
    """

    def __init__(self, command: Sequence[str]) -> None:
        self.command = tuple(command)
        self._late = False
        self._asked: object = None
        self._process = subprocess.Popen(
            self.command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )

    @property
    def lives(self) -> bool:
        """Whether the process is there still."""
        return self._process.poll() is None

    def ask(self, dot: str, form: str, program: str, seconds: float) -> bytes:
        """The answer to a request. Raises ServerError, after which the child is gone."""
        asked = self._asked = object()
        timer = threading.Timer(seconds, self._too_late, (asked,))
        timer.daemon = True
        try:
            timer.start()
            return self._exchange(dot.encode(), form, program)
        except (OSError, ValueError, KeyError, TypeError):
            why = self._end()
            late = f"Graphviz took longer than {seconds:g} s"
            raise ServerError(late if self._late else why) from None
        except BaseException:
            # Half an answer is in the pipe.
            self.close()
            raise
        finally:
            # Not by a call, at whose beginning there may be an interrupt: a timer that goes on does nothing.
            self._asked = None
            timer.cancel()

    def _end(self) -> str:
        """End the child; how it failed."""
        try:
            code = self._process.wait(_ENDING)
        except subprocess.TimeoutExpired:
            return "Graphviz failed: its answer cannot be read"
        finally:
            self.close()
        return f"Graphviz failed ({code})"

    def _too_late(self, asked: object) -> None:
        if self._asked is asked:
            self._late = True
            self._process.kill()

    def _exchange(self, dot: bytes, form: str, program: str) -> bytes:
        asking, answers = self._process.stdin, self._process.stdout
        assert asking is not None  # they are pipes, as was asked for
        assert answers is not None
        head = {"form": form, "program": program, "length": len(dot)}
        asking.write(json.dumps(head).encode() + b"\n" + dot)
        asking.flush()
        told = json.loads(answers.readline())
        if "error" in told:
            raise ServerError(f"Graphviz failed: {told['error']}")
        content = answers.read(told["length"])
        if len(content) < told["length"]:
            raise ValueError("it ended in the middle of an answer")
        return content

    def close(self) -> None:
        """End the child."""
        self._process.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError):
                assert pipe is not None
                pipe.close()
        self._process.wait()


_lock = threading.Lock()
_servers: list[Server] = []
_inherited: list[Server] = []
"""Those of the process that this one was forked from: not ours to use, or to end."""


def ask(command: Sequence[str], dot: str, form: str, program: str, seconds: float) -> bytes:
    """What a child started by a command answers. It stays for the next request.

    Raises
    ------
    ServerError
        If it gives no answer within so many seconds.
    OSError
        If it cannot be started.
    """
    with _lock:
        if _servers and _servers[0].command == tuple(command) and _servers[0].lives:
            server = _servers[0]
        else:
            forget()
            server = Server(command)
            _servers.append(server)
        try:
            return server.ask(dot, form, program, seconds)
        except BaseException:
            forget()
            raise


def forget() -> None:
    """End the child, if there is one."""
    while _servers:
        _servers.pop().close()


def _after_fork() -> None:
    global _lock
    _lock = threading.Lock()
    _inherited.extend(_servers)
    _servers.clear()


atexit.register(forget)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
