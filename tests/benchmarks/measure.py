"""The wall time and the peak memory of a whole process with all that it starts."""

import os
import signal
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

# Looking at a large process's memory holds it up; its own peak the kernel keeps anyway.
SAMPLED_EVERY = 0.5
LOG_TAIL = 2000


@dataclass(frozen=True)
class Use:
    """Of one run; ``seconds`` of wall time are None where it was stopped at its limit."""

    seconds: float | None
    cpu: float
    megabytes: float


def measure(command: list[str], log: Path, limit: float, env: dict[str, str]) -> Use:
    """Run a command, and wait for it no longer than its limit in seconds.

    Memory is the larger of two: the kernel's own peak of the largest single process, and the
    largest sum over all processes as sampled, where shared pages count once (on Linux).
    """
    late = threading.Event()
    over = threading.Event()
    with log.open("wb") as written:
        start = time.perf_counter()
        child = subprocess.Popen(
            command, stdout=written, stderr=written, env=env, start_new_session=True
        )
        largest = [0]
        watcher = threading.Thread(target=_watch, args=(child.pid, over, largest))
        timer = threading.Timer(limit, _stop, (child.pid, late))
        timer.start()
        watcher.start()
        try:
            _, status, used = os.wait4(child.pid, 0)
        except BaseException:
            _stop(child.pid, late)
            raise
        finally:
            timer.cancel()
            over.set()
        seconds = time.perf_counter() - start
        watcher.join()
    child.returncode = os.waitstatus_to_exitcode(status)
    peak = max(largest[0], used.ru_maxrss * 1024) / 1e6
    cpu = used.ru_utime + used.ru_stime
    if late.is_set():
        return Use(None, cpu, peak)
    if child.returncode:
        tail = log.read_text("utf-8", "replace")[-LOG_TAIL:]
        raise SystemExit(f"{' '.join(command)} failed:\n{tail}")
    return Use(seconds, cpu, peak)


def _stop(pid: int, late: threading.Event) -> None:
    late.set()
    os.killpg(pid, signal.SIGKILL)


def _watch(pid: int, over: threading.Event, largest: list[int]) -> None:
    while not over.wait(SAMPLED_EVERY):
        try:
            process = psutil.Process(pid)
            family = [process, *process.children(recursive=True)]
        except psutil.Error:
            return
        largest[0] = max(largest[0], sum(_resident(each) for each in family))


def _resident(process: psutil.Process) -> int:
    try:
        memory = process.memory_full_info()
    except psutil.Error:
        return 0
    return int(getattr(memory, "pss", memory.rss))
