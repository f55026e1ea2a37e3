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

from contention import Crowd
from figures import number, quantile, table, target
from world import KEY, REGION, SECRET

QUOTA = 10  # calls a second of one operation
QUEUE_S = 1  # how long a hold of the queue takes
MIN_HOLD_S = 25  # of those who try once
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
    crowd = Crowd(world, at_once=True)
    for at in range(count):
        crowd.add_withlock(f"w{at}", 1, hold_s=QUEUE_S)
    found = crowd.play(seconds)
    return found | {"took_s": first_in_line(crowd), "count": count}


def cron(world, count):
    """The line of a crontab: one runs, the others leave it be."""
    crowd = Crowd(world, at_once=True)
    for at in range(count):
        crowd.add_withlock(f"w{at}", 1, hold_s=0.1,
                           options=["-n", "-E", "0", "--min-hold", MIN_HOLD_S])
    found = crowd.play(600)
    over = sorted(crowd.over_ns.values())
    others_s = (over[-2] - crowd.began_ns) / 1e9 if len(over) > 1 else None
    return found | {"took_s": first_in_line(crowd), "others_s": others_s, "count": count}


def apart(world, count):
    """As many locks as runs."""
    crowd = Crowd(world, at_once=True)
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
    crowd.let_in()
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
    crowd.let_in()
    for at in range(count):
        crowd.add_withlock(f"w{at}", 1, hold_s=0.1, options=["-q"])
    samples = {}

    def sample():
        for when, word in ((0.1, "before"), (0.95, "after")):
            time.sleep(max(0, seconds * when - (time.monotonic() - began)))
            samples[word] = {process.pid: usage(process.pid) for process in list(crowd.running)}

    began = time.monotonic()  # of the waiting
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


def worst(runs, what):
    return max(run[what] for run in runs)


def failed(runs):
    return max(sum(n for status, n in run["statuses"].items() if status) for run in runs)


def amiss(runs):
    return failed(runs) + sum(run["overlaps"] + run["out_of_order"] for run in runs)


def size(options):
    """(how many come, how often it is played, how long some wait, in s)"""
    return (50, 1, 60) if options.quick else (200, 3, 600)


class Part:
    """A mode of scripts/bench: what is played, in this order, and what is wanted of it."""

    def __init__(self, title, plays, targets):
        self.title, self.plays, self.targets = title, plays, targets

    def measure(self, world, options, say):
        results = {}
        for name, play, *arguments in self.plays(world, options):
            say(f"{self.title}: {name}")
            before = os.getloadavg()[0]
            run = play(*arguments)
            results.setdefault(name, []).append(run | {"load": max(before, os.getloadavg()[0])})
        return results

    def report(self, results, folder):
        del folder
        return series(results), [target(*row) for row in self.targets(results)]


def series(results):
    rows = []
    for name, runs in results.items():
        for run in runs:
            gaps = run["gaps_ms"]
            statuses = " ".join(f"{n} x {status}" for status, n in sorted(run["statuses"].items()))
            rows.append([name, run["entries"], number(run.get("took_s", run["seconds"])),
                         number(statistics.median(gaps)) if gaps else "-",
                         number(quantile(gaps, 0.99)) if gaps else "-", run["calls"],
                         f"{run['throttled'] / max(1, run['calls']):.0%}", statuses or "-",
                         number(run["load"])])
    return table(["", "entries", "s in all", "free, ms: median", "99 %", "calls", "throttled",
                  "exit statuses", "load average"], rows)


def queue_plays(world, options):
    count, rounds, _ = size(options)
    return [(f"{count} in a queue", queue, world, count, count * 1.9 + 200)] * rounds


def queue_targets(results):
    (runs,) = results.values()
    count = runs[0]["count"]
    limit_s, took_s = count * (QUEUE_S + 0.9) + 30, middle(runs, "took_s")
    throttled = statistics.median(run["throttled"] / run["calls"] * 100 for run in runs)
    entered = all(run["entries"] == count for run in runs)
    return [(f"{count} in a queue, holds of {QUEUE_S} s: all have entered", f"{number(limit_s)} s",
             took_s, entered and took_s <= limit_s, " s"),
            ("... of their calls throttled", "15%", throttled, throttled <= 15, "%"),
            ("... failed, overlapped, out of order", "0", amiss(runs), amiss(runs) == 0)]


def cron_plays(world, options):
    count, rounds, _ = size(options)
    return [(f"{count} with -n", cron, world, count)] * rounds


def cron_targets(results):
    (runs,) = results.values()
    count = runs[0]["count"]
    limit_s, others_s = count / QUOTA * 1.3 + 10, middle(runs, "others_s")
    calls = middle(runs, "calls") / count
    return [(f"{count} with -n -E 0 --min-hold {MIN_HOLD_S}: that have run, at the most", "1",
             worst(runs, "entries"), all(run["entries"] == 1 for run in runs)),
            ("... the others have ended", f"{number(limit_s)} s", others_s, others_s <= limit_s, " s"),
            ("... calls a host", "1.5", calls, calls <= 1.5),
            ("... failed", "0", failed(runs), failed(runs) == 0)]


def apart_plays(world, options):
    count, rounds, _ = size(options)
    return [(f"{count} locks", apart, world, count)] * rounds


def apart_targets(results):
    (runs,) = results.values()
    count = runs[0]["count"]
    limit_s, took_s = count * CREATES / QUOTA * 1.3 + 20, middle(runs, "took_s")
    entered = all(run["entries"] == count for run in runs)
    return [(f"{count} locks at once: all have run", f"{number(limit_s)} s", took_s,
             entered and took_s <= limit_s, " s"),
            ("... failed", "0", failed(runs), failed(runs) == 0)]


def stranger_plays(world, options):
    return [("50 and a stranger", beside_a_stranger, world, 50, size(options)[2] / 2)]


def stranger_targets(results):
    (runs,) = results.values()
    lost = worst(runs, "lost")
    return [(f"locks lost beside a stranger with {STRANGER} calls/s, T {RENEWING_S} s", "0", lost,
             lost == 0)]


def beside(name, play, world, *arguments):
    """Of ours, and of the build that it is compared with, in turn."""
    plays = [(name, play, world, *arguments)]
    if BESIDE:
        plays.append((f"{name}, other build", play, with_build(world, BESIDE), *arguments))
    return plays


def ratios(results, wanted):
    """The medians of ours by those of the other build's."""
    ours, *other = results.values()
    rows = []
    for what, title, most in wanted if other else []:
        ratio = middle(ours, what) / middle(other[0], what)
        rows.append((f"{title}, times the other build's", number(most), ratio, ratio <= most))
    return rows


def fifty_plays(world, options):
    return beside("50 in a queue", queue, world, 50, 300) * size(options)[1]


def fifty_targets(results):
    runs = next(iter(results.values()))
    return [("50 in a queue: failed, overlapped, out of order", "0", amiss(runs), amiss(runs) == 0),
            *ratios(results, [("took_s", "... time", 1.0), ("calls", "... calls", 0.6)])]


def host_plays(world, options):
    return beside("50 on one host", one_host, world, 50, size(options)[2])


def host_targets(results):
    wakes = middle(next(iter(results.values())), "wakes_far")
    return [("50 on one host behind one hold: wake-ups a minute of the one in the middle", "3", wakes,
             wakes < 3), *ratios(results, [("cpu_s", "... CPU", 0.4), ("calls", "... calls", 0.5)])]


class Virtual:
    """What takes too long, or too many, to be played by programs."""

    title = "In virtual time"

    @staticmethod
    def measure(world, options, say):
        del options
        say(Virtual.title)
        return [simulate(world, options) for _, options, *_ in VIRTUAL]

    @staticmethod
    def report(results, folder):
        del folder
        rows = []
        for (what, _, pattern, most, unit), line in zip(VIRTUAL, results):
            found = re.search(pattern, line)
            got = int(found[1]) if found else None
            rows.append(target(what, f"{number(most)}{unit}", got, got is not None and got <= most, unit))
        return "\n".join(f"    {line.strip()}" for line in results) + "\n", rows


PARTS = {
    "queue": Part("One lock, in a queue", queue_plays, queue_targets),
    "fifty": Part("Fifty in a queue", fifty_plays, fifty_targets),
    "cron": Part("One lock, one try each", cron_plays, cron_targets),
    "apart": Part("As many locks", apart_plays, apart_targets),
    "stranger": Part("Beside a stranger", stranger_plays, stranger_targets),
    "host": Part("Waiting on one host", host_plays, host_targets),
    "virtual": Virtual,
}
