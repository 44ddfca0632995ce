"""Becomes another program that ends with the process that started it.

Run as a script in a fresh interpreter: `lifeline.py SIGNAL PARENT UID GID PROGRAM ARGUMENT…`. A script and
not `preexec_fn`, because Python code between fork and exec may deadlock when the process has threads.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Sequence

PR_SET_PDEATHSIG = 1
KEEP_ACCOUNT = -1
HAS_DEATH_SIGNAL = sys.platform == "linux"


def tie(
    program: Sequence[str], *, death_signal: signal.Signals, account: tuple[int, int] | None = None
) -> list[str]:
    """Build the command line that runs `program` tied to the *thread* that starts it.

    Linux sends `death_signal` when that thread ends, so it has to live as long as the program is wanted.
    Other systems know no such signal.
    """
    uid, gid = account or (KEEP_ACCOUNT, KEEP_ACCOUNT)
    numbers = (int(death_signal) if HAS_DEATH_SIGNAL else 0, os.getpid(), uid, gid)
    return [sys.executable, "-I", "-S", __file__, *map(str, numbers), *program]


def main() -> None:
    """Change to the account, ask for the signal, become the program."""
    death_signal, parent, uid, gid = map(int, sys.argv[1:5])
    program = sys.argv[5:]
    try:
        if uid != KEEP_ACCOUNT:
            _change_account(uid, gid)
        if death_signal:
            _ask_for_signal(death_signal, parent)  # after the account: a change of it would forget this
        _reset_signals()
        os.execv(program[0], program)  # noqa: S606 - a fixed program, no shell
    except OSError as error:
        sys.exit(f"{program[0]} cannot be run: {error.strerror}")


def _change_account(uid: int, gid: int) -> None:
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)


def _ask_for_signal(death_signal: int, parent: int) -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, death_signal, 0, 0, 0)
    if os.getppid() != parent:  # it died before it was asked
        sys.exit("the process that started this one is gone")


def _reset_signals() -> None:
    """Undo what Python set for itself, and what a shell or a supervisor may have left ignored or blocked."""
    for number in (signal.SIGPIPE, signal.SIGXFSZ, signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())


if __name__ == "__main__":
    main()
