"""What it costs to hold a lock for long, and to wait for one."""

import os
import pathlib
import signal
import subprocess
import time

from contention import in_parallel
from fleet import BESIDE, with_build
from figures import number, table, target

LATENCY_MS = 20
MINUTE_S = 60
DAY_S = 24 * 3600
RENEWAL_S = 300  # at the default timeout
TIMEOUT_S = 900  # which is this
SHORT_S = 60  # one for which renewals are all that is seen


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


def watch(world, seconds, waiting, timeout_s=TIMEOUT_S):
    """A holder, or one who waits behind it, for some time after it has settled in."""
    service = world.service()
    service.faults(latency_ms=LATENCY_MS)
    environment = world.environment(service.url)
    words = [str(world.withlock), "-q", "-t", str(timeout_s), "-p", "locks/long", "--", "sleep", "100000"]
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
            "calls": len(calls), "took_s": took_s,
            "renewals": sum(call["operation"] == "CreateLogGroup" for call in calls)}


def measure(world, options, say):
    quick = options.quick
    seconds = 30 if quick else RENEWAL_S + 20
    say(f"holding, and waiting behind a holder ({seconds} s)")
    jobs = {"holding": (watch, world, seconds, False), "both": (watch, world, seconds, True)}
    if BESIDE:
        other = with_build(world, BESIDE)
        jobs["other"] = (watch, other, seconds, False)
        jobs["short"] = (watch, world, seconds, False, SHORT_S)
        jobs["short_other"] = (watch, other, seconds, False, SHORT_S)
    return in_parallel(**jobs)


def per(found, seconds, what):
    return found[what] * seconds / found["took_s"]


def report(results, _):
    """What a holder takes is known only if a renewal is among what was seen."""
    hold, both = results["holding"], results["both"]
    enough = hold["renewals"] > 0
    waiter = dict(both, calls=max(0, both["calls"] - hold["calls"]))
    rows = [[title, number(per(found, MINUTE_S, "wakes")) if known else "-",
             number(per(found, 3600, "cpu_s") * 1000) if known else "-",
             number(found["memory_mib"]), number(per(found, 3600, "calls")) if known else "-"]
            for title, found, known in (("holding", hold, enough),
                                        ("waiting, the next in line", waiter, True))]
    text = f"""### Holding and waiting

Default settings, {LATENCY_MS} ms of latency; measured for {hold["took_s"]:.0f} s and extrapolated{
", a renewal included" if enough else "; too short for a renewal, so not for the holder"}.
Memory is the proportional share (PSS) of all of its processes: libraries that others use, too,
count in part.

""" + table(["", "wake-ups a minute", "CPU an hour, ms", "memory, MiB", "calls an hour"], rows)
    calls = per(hold, 3600, "calls") if enough else None
    cpu_s = per(hold, DAY_S, "cpu_s") if enough else None
    rows = [target("holding: calls an hour", "under 100", calls, calls and calls < 100),
            target("holding: CPU a day", "under 2 s", cpu_s, cpu_s and cpu_s < 2, " s")]
    if "other" in results and enough:
        for ours, other, timeout_s in (("holding", "other", TIMEOUT_S), ("short", "short_other", SHORT_S)):
            ratio = per(results[ours], 1, "cpu_s") / per(results[other], 1, "cpu_s")
            rows.append(target(f"holding, T {timeout_s} s: CPU, times the other build's", "at most 0.5",
                               ratio, ratio <= 0.5))
    return text, rows
