"""A fleet that comes at once, under the quotas of AWS: who enters, how soon, and for how many calls."""

import collections
import copy
import os
import pathlib
import re
import statistics
import subprocess
import threading
import time

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from contention import Crowd, LAG_MS, LATENCY_MS
from figures import number, quantile, table, target
from world import KEY, REGION, SECRET

QUOTA = 10  # calls a second of one operation
QUEUE_S = 1  # how long a hold of the queue takes
CREATES = 2  # that a run makes which nobody contends with: its claim, the mutex
STRANGER = 8  # calls a second that somebody else makes of each operation
RENEWING_S = 60  # the lock timeout beside the stranger
BESIDE = os.environ.get("WITHLOCK_BENCH_BESIDE")  # a build folder to compare with


# What takes too long or too many here: (name, options of the simulator, what it says, wanted, unit)
VIRTUAL = [
    ("one waiter behind a hold of an hour: calls", "--waiters 2 --behind 3600 --hold 1",
     r"(\d+) calls", 800, ""),
    ("... of which was said that it takes an hour", "--waiters 2 --behind 3600 --expect 3600 --hold 1",
     r"(\d+) calls", 80, ""),
    ("1,000 at once, holds of 10 s: a free lock is idle, median",
     "--waiters 1000 --hold 10 --quota 10 --at-once", r"idle (\d+) ms median", 1200, " ms"),
]


def simulate(world, options):
    done = subprocess.run([world.sim, *options.split()], capture_output=True, text=True, check=False)
    return done.stdout


def with_build(world, build):
    other = copy.copy(world)
    other.withlock = pathlib.Path(build) / "src/withlock"
    return other


def first_in_line(crowd):
    """Seconds from the first start until all have entered."""
    return (crowd.ended_ns - crowd.began_ns) / 1e9


def queue(world, count, seconds):
    """All want the lock once, and wait for it."""
    crowd = Crowd(world)
    for at in range(count):
        crowd.add_withlock(f"w{at}", 1, hold_s=QUEUE_S)
    found = crowd.play(seconds)
    return found | {"took_s": first_in_line(crowd), "count": count}


def cron(world, count):
    """The line of a crontab: one runs, the others leave it be."""
    crowd = Crowd(world)
    for at in range(count):
        crowd.add_withlock(f"w{at}", 1, hold_s=0.1,
                           options=["-n", "-E", "0", "--min-hold", "25"])
    found = crowd.play(600)
    over = sorted(crowd.over_ns.values())
    others_s = (over[-2] - crowd.began_ns) / 1e9 if len(over) > 1 else None
    return found | {"took_s": first_in_line(crowd), "others_s": others_s, "count": count}


def apart(world, count):
    """As many locks as runs."""
    crowd = Crowd(world)
    for at in range(count):
        crowd.add(f"w{at}", lambda turn, at=at: [world.withlock, "-p", f"locks/apart{at}", "--",
                                                 world.stamp, crowd.stamps, turn, 0.1], 1)
    found = crowd.play(600)
    return found | {"took_s": first_in_line(crowd), "count": count}


class Stranger:
    """Somebody else in the account, who uses up a part of every quota and does not retry."""

    def __init__(self, world, service):
        self.stop = threading.Event()
        self.outcomes = collections.Counter()
        client = boto3.client(
            "logs", endpoint_url=service.url, region_name=REGION, aws_access_key_id=KEY,
            aws_secret_access_key=SECRET, verify=str(world.ca),
            config=Config(retries={"total_max_attempts": 1}, max_pool_connections=20))
        calls = {"DescribeLogGroups": lambda: client.describe_log_groups(logGroupNamePrefix="else/"),
                 "CreateLogGroup": lambda: client.create_log_group(logGroupName="else/where"),
                 "DeleteLogGroup": lambda: client.delete_log_group(logGroupName="else/where")}
        self.threads = [threading.Thread(target=self.ask, args=(name, call))
                        for name, call in calls.items()]
        for thread in self.threads:
            thread.start()

    def ask(self, name, call):
        at = time.monotonic()
        while not self.stop.is_set():
            try:
                call()
                self.outcomes[name, "ok"] += 1
            except BotoCoreError:
                break  # the service has gone: it is over
            except ClientError as error:
                self.outcomes[name, error.response["Error"]["Code"]] += 1
            at = max(at + 1 / STRANGER, time.monotonic())
            self.stop.wait(at - time.monotonic())

    def end(self):
        self.stop.set()
        for thread in self.threads:
            thread.join()


def beside_a_stranger(world, count, seconds):
    crowd = Crowd(world)
    crowd.add_withlock("holder", 1, hold_s=seconds, options=["-t", RENEWING_S])
    for at in range(count):
        crowd.add_withlock(f"w{at}", 1, hold_s=QUEUE_S, options=["-t", RENEWING_S])
    stranger = Stranger(world, crowd.service)
    try:
        found = crowd.play(seconds - 5)
    finally:
        stranger.end()
    return found | {"lost": found["statuses"].get(74, 0), "count": count}


def one_host(world, count, seconds):
    """Waiters on one machine behind one hold: their CPU, wake-ups and calls."""
    crowd = Crowd(world)
    crowd.add_withlock("holder", 1, hold_s=seconds)
    for at in range(count):
        crowd.add_withlock(f"w{at}", 1, hold_s=0.1, options=["-q"])
    samples = {}

    def sample():
        for when, word in ((0.1, "before"), (0.95, "after")):
            time.sleep(max(0, seconds * when - (time.monotonic() - began)))
            samples[word] = {process.pid: usage(process.pid) for process in list(crowd.running)}

    began = time.monotonic()
    watcher = threading.Thread(target=sample)
    watcher.start()
    found = crowd.play(seconds * 0.97)
    watcher.join()
    rows = [(after[0] - samples["before"][pid][0], after[1] - samples["before"][pid][1])
            for pid, after in samples["after"].items() if pid in samples["before"]]
    minutes = seconds * 0.85 / 60
    wakes = sorted(wake / minutes for _, wake in rows)
    return found | {"cpu_s": sum(cpu for cpu, _ in rows), "wakes_far": wakes[len(wakes) // 2],
                    "count": count}


def usage(pid):
    """(CPU in s, wake-ups) of a process and all its threads."""
    cpu_s = wakes = 0
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        cpu_s += int((task / "schedstat").read_text().split()[0]) / 1e9
        for line in (task / "status").read_text().splitlines():
            if line.startswith("voluntary_ctxt_switches:"):
                wakes += int(line.split()[1])
    return cpu_s, wakes


def middle(runs, what):
    return statistics.median(run[what] for run in runs)


def measure(world, options, say):
    count, rounds = (50, 1) if options.quick else (200, 3)
    wait_s = 60 if options.quick else 600
    results = {"count": count}

    def several(name, title, play, *arguments):
        say(title)
        results[name] = [play(*arguments) for _ in range(rounds)]

    several("queue", f"{count} in a queue", queue, world, count, count * 1.9 + 200)
    several("cron", f"{count} with -n", cron, world, count)
    several("apart", f"{count} locks", apart, world, count)
    say("beside a stranger")
    results["stranger"] = [beside_a_stranger(world, 50, wait_s / 2)]
    say(f"50 waiters on one host ({wait_s} s)")
    results["host"] = [one_host(world, 50, wait_s)]
    say("in the simulator")
    results["virtual"] = [simulate(world, options) for _, options, *_ in VIRTUAL]
    if BESIDE:
        other = with_build(world, BESIDE)
        say("the other build: 50 in a queue, 50 waiters on one host")
        for each, name in ((world, "fifty"), (other, "fifty_other")) * rounds:
            results.setdefault(name, []).append(queue(each, 50, 300))
        results["host_other"] = [one_host(other, 50, wait_s)]
    return results


def failed(runs):
    return max(sum(n for status, n in run["statuses"].items() if status) for run in runs)


def targets(results):
    count = results["count"]
    queue_s = count * (QUEUE_S + 0.9) + 30
    rows = []

    def add(what, wanted, got, met, unit=""):
        rows.append(target(what, wanted, got, met, unit))

    runs = results["queue"]
    add(f"{count} in a queue, holds of {QUEUE_S} s: all have entered", f"{number(queue_s)} s",
        middle(runs, "took_s"), min(run["entries"] for run in runs) == count
        and middle(runs, "took_s") <= queue_s, " s")
    throttled = statistics.median(run["throttled"] / run["calls"] * 100 for run in runs)
    add("... of their calls throttled", "15%", throttled, throttled <= 15, "%")
    add("... failed, overlapped, out of order", "0", failed(runs) + sum(
        run["overlaps"] + run["out_of_order"] for run in runs), failed(runs) == 0 and all(
            run["overlaps"] + run["out_of_order"] == 0 for run in runs))
    runs, limit_s = results["cron"], count / QUOTA * 1.3 + 10
    add(f"{count} with -n: one runs, the others have ended", f"{number(limit_s)} s",
        middle(runs, "others_s"), all(run["entries"] == 1 for run in runs)
        and middle(runs, "others_s") <= limit_s, " s")
    calls = middle(runs, "calls") / count
    add("... calls a host", "1.5", calls, calls <= 1.5)
    add("... failed", "0", failed(runs), failed(runs) == 0)
    runs, limit_s = results["apart"], count * CREATES / QUOTA * 1.3 + 20
    add(f"{count} locks at once: all have run", f"{number(limit_s)} s", middle(runs, "took_s"),
        all(run["entries"] == count for run in runs) and middle(runs, "took_s") <= limit_s, " s")
    add("... failed", "0", failed(runs), failed(runs) == 0)
    lost = max(run["lost"] for run in results["stranger"])
    add(f"locks lost beside a stranger with {STRANGER} calls/s, T {RENEWING_S} s", "0", lost,
        lost == 0)
    for (what, _, pattern, most, unit), line in zip(VIRTUAL, results["virtual"]):
        found = re.search(pattern, line)
        got = int(found[1]) if found else None
        add(f"in the simulator: {what}", f"{most}{unit}", got, got is not None and got <= most, unit)
    wakes = middle(results["host"], "wakes_far")
    add("wake-ups a minute of one who waits far behind", "3", wakes, wakes < 3)
    for name, what, most in (("host", "cpu_s", 0.4), ("host", "calls", 0.5),
                             ("fifty", "calls", 0.6), ("fifty", "took_s", 1.0)):
        if f"{name}_other" in results:
            ratio = middle(results[name], what) / middle(results[f"{name}_other"], what)
            add(f"50 {'waiters on one host' if name == 'host' else 'in a queue'}: {what}, times the "
                "other build's", number(most), ratio, ratio <= most)
    return rows


def report(results, folder):
    del folder
    rows = []
    for name, title in (("queue", "in a queue"), ("cron", "with -n"), ("apart", "locks"),
                        ("stranger", "beside a stranger"), ("host", "behind one hold"),
                        ("fifty", "in a queue"), ("fifty_other", "in a queue, other build"),
                        ("host_other", "behind one hold, other build")):
        for run in results.get(name, []):
            gaps = run["gaps_ms"]
            rows.append([f"{run['count']} {title}", run["entries"],
                         number(run.get("took_s", run["seconds"])),
                         number(statistics.median(gaps)) if gaps else "-",
                         number(quantile(gaps, 0.99)) if gaps else "-", run["calls"],
                         f"{run['throttled'] / max(1, run['calls']):.0%}",
                         " ".join(f"{n} x {status}" for status, n in
                                  sorted(run["statuses"].items())) or "-"])
    text = (f"### Series\n\n{LATENCY_MS} ms of latency, listings that lag up to {LAG_MS} ms, and the "
            f"quotas of AWS: {QUOTA} calls a second of each operation, a bucket of as many.\n\n"
            + table(["", "entries", "s in all", "free, ms: median", "99 %", "calls", "throttled",
                     "statuses"], rows)
            + "\n" + "\n".join(f"    {line.strip()}" for line in results["virtual"]) + "\n")
    return text, targets(results)
