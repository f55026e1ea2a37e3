"""What it costs to hold a lock for long, and to wait for one."""

import os
import pathlib
import signal
import subprocess
import time

from contention import in_parallel
from figures import number, table

LATENCY_MS = 20
MINUTE_S = 60
DAY_S = 24 * 3600
RENEWAL_S = 300  # at the default timeout


def processes_below(pid):
    """A process and what it has started, but for the command (sleep)."""
    found, queue = [], [pid]
    while queue:
        parent = queue.pop()
        name = pathlib.Path(f"/proc/{parent}/comm").read_text().strip()
        if name != "sleep":
            found.append((parent, name))
        for task in os.listdir(f"/proc/{parent}/task"):
            children = pathlib.Path(f"/proc/{parent}/task/{task}/children").read_text().split()
            queue += map(int, children)
    return found


def look(pid):
    """(CPU in s, wake-ups, proportional memory in MiB) over the processes of a run."""
    cpu_s = wakes = memory_kib = 0
    for process, _ in processes_below(pid):
        for task in pathlib.Path(f"/proc/{process}/task").iterdir():
            cpu_s += int((task / "schedstat").read_text().split()[0]) / 1e9
            status = dict(line.split(":", 1) for line in (task / "status").read_text().splitlines())
            wakes += int(status["voluntary_ctxt_switches"])
        for line in pathlib.Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                memory_kib += int(line.split()[1])
    return cpu_s, wakes, memory_kib / 1024


def watch(world, seconds, waiting):
    """A holder, or one who waits behind it, for some time after it has settled in."""
    service = world.service()
    service.faults(latency_ms=LATENCY_MS)
    environment = world.environment(service.url)
    words = [str(world.withlock), "-q", "-p", "locks/long", "--", "sleep", "100000"]
    started = []
    try:
        for _ in range(2 if waiting else 1):
            started.append(subprocess.Popen(words, env=environment, stdin=subprocess.DEVNULL))
            time.sleep(5)  # the first look of a hold, and the first polls, are not typical
        before, began = look(started[-1].pid), time.monotonic()
        service.calls()
        time.sleep(seconds)
        after, took_s = look(started[-1].pid), time.monotonic() - began
        calls = service.calls()
    finally:
        for process in reversed(started):
            process.send_signal(signal.SIGTERM)
            process.wait()
        service.stop()
    return {"cpu_s": after[0] - before[0], "wakes": after[1] - before[1], "memory_mib": after[2],
            "calls": len(calls), "took_s": took_s}


def measure(world, options, say):
    quick = options.quick
    seconds = 30 if quick else RENEWAL_S + 20
    say(f"holding, and waiting behind a holder ({seconds} s)")
    return in_parallel(holding=(watch, world, seconds, False),
                       both=(watch, world, seconds, True)) | {"quick": quick}


def per(found, seconds, what):
    return found[what] * seconds / found["took_s"]


def report(results, _):
    hold, both = results["holding"], results["both"]
    waiter = dict(both, calls=max(0, both["calls"] - hold["calls"]))
    rows = [[title, number(per(found, MINUTE_S, "wakes")), number(per(found, 3600, "cpu_s") * 1000),
             number(found["memory_mib"]), number(per(found, 3600, "calls"))]
            for title, found in (("holding", hold), ("waiting, the next in line", waiter))]
    text = f"""### Holding and waiting

Default settings, {LATENCY_MS} ms of latency; measured for {hold["took_s"]:.0f} s and extrapolated{
" (too short for a renewal)" if results["quick"] else ", a renewal included"}.
Memory is the proportional share (PSS) of all of its processes: libraries that others use, too,
count in part.

""" + table(["", "wake-ups a minute", "CPU an hour, ms", "memory, MiB", "calls an hour"], rows)
    calls, cpu_s = per(hold, 3600, "calls"), per(hold, DAY_S, "cpu_s")
    return text, [("holding: calls an hour", "under 100", number(calls), calls < 100),
                  ("holding: CPU a day", "under 2 s", f"{number(cpu_s)} s", cpu_s < 2)]
