from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.errors import Misconfigured
from app.supervisor import listen

ROOT = Path(__file__).parents[2]
SUPERVISOR = """
import json, logging, os, sys
from datetime import timedelta
from app import supervisor
logging.basicConfig(level="INFO", format="%(message)s", stream=sys.stdout)
for name, seconds in json.loads(sys.argv[2]).items():
    setattr(supervisor, name, timedelta(seconds=seconds))
programs = [
    supervisor.Program(name, (sys.executable, "-c", code), os.environ)
    for name, code in json.loads(sys.argv[1])
]
sys.exit(supervisor.run(programs, ready=lambda: print("all started", flush=True)))
"""
WAITS = "import signal; signal.pause()"
STUBBORN = """
import signal
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("deaf", flush=True)
signal.pause()
"""
TIDY = """
import signal, sys
signal.signal(signal.SIGTERM, lambda *_: sys.exit(print("tidied up", flush=True)))
print("polite", flush=True)
signal.pause()
"""
FAILS = "import sys; sys.exit(3)"


class Supervisor:
    """A supervisor in a process and a process group of its own, with what it and its children print."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.lines: list[str] = []

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    def read_until(self, text: str) -> str:
        """Read on to the line that contains the text."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip())
            if text in line:
                return line
        raise AssertionError(f"it never printed {text!r} but {self.lines}")

    def hear(self, text: str) -> None:
        """Read on to the line with the text, unless it came already: children print when they like."""
        if text not in self.text:
            self.read_until(text)

    def child(self, name: str) -> int:
        """Wait for the next start of a child and tell its process number."""
        return int(self.read_until(f"{name} started as process").split()[-1])

    def end(self, within: float = 10) -> int:
        """Wait for the end of the supervisor and its children, and read the rest."""
        rest, _ = self.process.communicate(timeout=within)
        self.lines += rest.splitlines()
        return self.process.returncode


@contextmanager
def supervising(*programs: tuple[str, str], **seconds: float) -> Iterator[Supervisor]:
    command = [sys.executable, "-c", SUPERVISOR, json.dumps(programs), json.dumps(seconds)]
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    )
    with process:
        try:
            yield Supervisor(process)
        finally:
            process.kill()


def is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_child_that_is_killed_is_started_again() -> None:
    with supervising(("web", WAITS)) as supervisor:
        first = supervisor.child("web")
        os.kill(first, signal.SIGKILL)
        second = supervisor.child("web")

        assert second != first
        assert "web ended with status -9 and starts again in 0.1 s" in supervisor.text


def test_a_child_that_keeps_failing_is_started_ever_more_rarely() -> None:
    with supervising(("worker", FAILS)) as supervisor:
        for delay in ("0.1 s", "0.2 s", "0.4 s", "0.8 s"):
            supervisor.read_until(f"worker ended with status 3 and starts again in {delay}")


def test_the_others_run_on_while_one_fails() -> None:
    with supervising(("web", WAITS), ("worker", FAILS)) as supervisor:
        web = supervisor.child("web")
        supervisor.read_until("starts again in 0.4 s")

        assert is_alive(web)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_stops_all_children_in_order(number: signal.Signals) -> None:
    with supervising(("web", TIDY), ("worker", WAITS)) as supervisor:
        children = [supervisor.child("web"), supervisor.child("worker")]
        supervisor.hear("polite")
        supervisor.process.send_signal(number)

        assert supervisor.end() == 0
        assert supervisor.lines[-3:] == ["stopping", "tidied up", "stopped"]
        assert not any(map(is_alive, children))


def test_ctrl_c_in_a_terminal_reaches_the_supervisor_alone() -> None:
    with supervising(("web", "import time; time.sleep(60)")) as supervisor:
        supervisor.hear("all started")
        os.killpg(supervisor.process.pid, signal.SIGINT)
        os.killpg(supervisor.process.pid, signal.SIGINT)

        assert supervisor.end() == 0
        assert "Traceback" not in supervisor.text
        assert supervisor.text.count("stopping") == 1


def test_a_child_that_does_not_end_within_the_grace_is_killed() -> None:
    with supervising(("web", STUBBORN), GRACE=0.3) as supervisor:
        web = supervisor.child("web")
        supervisor.hear("deaf")
        supervisor.process.terminate()

        assert supervisor.end() == 1
        assert "web does not end and is killed" in supervisor.text
        assert not is_alive(web)


def test_a_second_wish_to_stop_cuts_the_grace_short() -> None:
    with supervising(("web", STUBBORN), GRACE=60, SAME_WISH_WITHIN=0) as supervisor:
        supervisor.hear("deaf")
        supervisor.process.terminate()
        supervisor.read_until("stopping")
        supervisor.process.terminate()

        assert supervisor.end() == 1


def test_no_child_outlives_a_supervisor_that_is_killed() -> None:
    with supervising(("web", STUBBORN), ("worker", WAITS)) as supervisor:
        supervisor.hear("deaf")
        supervisor.process.kill()

        supervisor.end(within=1)  # the pipe ends with the last process that holds it


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_waiting_costs_no_processor_time() -> None:
    with supervising(("web", WAITS)) as supervisor:
        supervisor.hear("all started")
        before = ticks(supervisor.process.pid)
        time.sleep(0.5)

        assert ticks(supervisor.process.pid) - before <= 1


def ticks(process: int) -> int:
    user, system = Path(f"/proc/{process}/stat").read_text().rpartition(") ")[2].split()[11:13]
    return int(user) + int(system)


def test_connections_wait_while_no_web_process_accepts() -> None:
    with (
        listen("127.0.0.1", 0) as listener,
        socket.create_connection(listener.getsockname(), timeout=1) as caller,
    ):
        caller.sendall(b"early")
        accepted, _ = listener.accept()

        with accepted:
            assert accepted.recv(5) == b"early"
        assert listener.get_inheritable()


def test_a_taken_port_is_refused_with_a_remedy() -> None:
    with listen("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]

        with pytest.raises(
            Misconfigured, match=rf"port {port}: Address already in use\. Choose another --host"
        ):
            listen("127.0.0.1", port)
