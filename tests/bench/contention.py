"""Many contenders for one lock: how long it stays free, who comes when, what it costs."""

import collections
import math
import concurrent.futures
import os
import pathlib
import re
import signal
import statistics
import subprocess
import threading
import time

from figures import number, quantile, steps, table, target
from world import HERE

HOLD_S = 2
LATENCY_MS = 20
LAG_MS = 100  # of listings
QUOTAS = "aws"  # 10 calls a second of each operation
OPERATIONS = ["CreateLogGroup", "DescribeLogGroups", "DeleteLogGroup"]
LIMIT = 8  # calls a second of one operation
WINDOW_MS = 10000  # over which the busiest moment is told
STEP_S = 0.5  # a module of Ansible's takes that long to start here
TIE_MS = 1  # the log's times and creation times may be rounded differently
ROLE = HERE.parent / "e2e/role_contender.py"
STOP_S = 60  # until a contender that was told to end has ended
READY_S = 60  # until all that are to begin at once stand at the gate
READY_STEP_S = 0.05
GATE = ["/bin/sh", "-c", 'read -r _; exec "$@" </dev/null', "gate"]  # until standard input is closed


class Crowd:
    """Contenders of one lock and the service they contend at. If at_once, each is a process that has
    but to execute its program when they begin."""

    def __init__(self, world, quotas=True, at_once=False):
        self.world, self.service = world, world.service()
        self.service.faults(latency_ms=LATENCY_MS, visibility_lag_ms=LAG_MS,
                            rate_limit=QUOTAS if quotas else 0)
        self.stamps = world.path("stamps")
        self.environment = world.environment(self.service.url)
        self.running, self.threads, self.statuses = set(), [], collections.Counter()
        self.over_ns = {}  # when the process of a turn had ended
        self.stopping = threading.Event()
        self.guard = threading.Lock()
        self.gate = os.pipe() if at_once else None

    def once(self, turn, words, log):
        with self.guard:
            if self.stopping.is_set():
                return None
            gate = self.gate[0] if self.gate else subprocess.DEVNULL
            process = subprocess.Popen([*(GATE if self.gate else []), *map(str, words)], stdin=gate,
                                       env=self.environment, stdout=log, stderr=log)
            self.running.add(process)
        status = process.wait()
        with self.guard:
            self.over_ns[turn] = time.monotonic_ns()
            self.running.discard(process)
            if not self.stopping.is_set():
                self.statuses[status] += 1
        return status

    def contend(self, name, words_of, rounds):
        with open(self.world.work / f"{name}.log", "a", encoding="utf-8") as log:
            for turn in (f"{name}.{at}" for at in range(rounds)):
                if self.once(turn, words_of(turn), log) is None:
                    return

    def add(self, name, words_of, rounds):
        self.threads.append(threading.Thread(target=self.contend, args=(name, words_of, rounds)))

    def add_withlock(self, name, rounds, hold_s=HOLD_S, options=()):
        self.add(name, lambda turn: [self.world.withlock, "-p", "locks/crowd", "-l", turn, *options,
                                     "--", self.world.stamp, self.stamps, turn, hold_s], rounds)

    def add_role(self, name, rounds):
        """The role's protocol without Ansible, which would keep both cores busy by itself. As the
        role's module, it gives a try up whose attempt the first look after its create misses."""
        self.add(name, lambda turn: ["/usr/bin/python3", ROLE, "--endpoint", self.service.url,
                                     "--ca-file", self.world.ca, "--prefix", "locks/crowd",
                                     "--id", turn, "--attempts", 10000, "--see-own", 0, "--step",
                                     STEP_S, "--", self.world.stamp, self.stamps, turn, HOLD_S],
                 rounds)

    def let_in(self):
        """Starts whoever was added so far, and waits until one of them holds."""
        for thread in self.threads:
            thread.start()
        until = time.monotonic() + READY_S
        while not (self.stamps.exists() and "start" in self.stamps.read_text()):
            if time.monotonic() > until:
                raise RuntimeError("nobody has the lock that others are to wait for")
            time.sleep(READY_STEP_S)

    def open_gate(self):
        until = time.monotonic() + READY_S
        while not self.all_ready():
            if time.monotonic() > until:
                raise RuntimeError("not all contenders stand at the gate")
            time.sleep(READY_STEP_S)
        self.began_ns = time.monotonic_ns()
        os.close(self.gate[1])

    def all_ready(self):
        """Each has begun, and sleeps."""
        with self.guard:
            states = [pathlib.Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
                      for process in self.running]
        return len(states) == len(self.threads) and set(states) <= {"S"}

    def play(self, seconds):
        """All at once, until all have had enough or the time is over; then they are told to end."""
        self.service.calls()
        self.began_ns = time.monotonic_ns()
        for thread in self.threads:
            if not thread.ident:
                thread.start()
        if self.gate:
            self.open_gate()
        until = time.monotonic() + seconds
        for thread in self.threads:
            thread.join(max(0, until - time.monotonic()))
        self.ended_ns = time.monotonic_ns()
        calls = self.service.calls()
        with self.guard:
            self.stopping.set()
            self.unfinished = len(self.running) > 0
            for process in self.running:
                process.send_signal(signal.SIGTERM)
        until = time.monotonic() + STOP_S
        for thread in self.threads:
            thread.join(max(0, until - time.monotonic()))
        with self.guard:
            for process in self.running:
                process.kill()
        self.service.stop()
        if self.gate:
            os.close(self.gate[0])
        return self.sum_up(calls)

    def sum_up(self, calls):
        holds = read_holds(self.stamps, self.over_ns, self.ended_ns)
        seconds = (self.ended_ns - self.began_ns) / 1e9
        per_operation = {}
        for operation in OPERATIONS:
            times = [call["mono_ms"] for call in calls if call["operation"] == operation]
            per_operation[operation] = (len(times) / seconds, busiest(times))
        gaps = [(later[0] - earlier[1]) / 1e6 for earlier, later in zip(holds, holds[1:])]
        free_since_ns = max((stop for _, stop, _ in holds), default=self.began_ns)
        if self.unfinished and free_since_ns < self.ended_ns:
            gaps.append((self.ended_ns - free_since_ns) / 1e6)  # so long at least
        held_s = sum(stop - start for start, stop, _ in holds) / 1e9
        return {"entries": len(holds), "names": [name for _, _, name in holds], "gaps_ms": gaps,
                "overlaps": sum(gap < 0 for gap in gaps), "seconds": seconds,
                "held": held_s / seconds,
                "out_of_order": out_of_order(calls, holds), "calls": len(calls),
                "per_operation": per_operation,
                "throttled": sum(call["outcome"] == "ThrottlingException" for call in calls),
                "renewal_gaps_ms": renewal_gaps(calls, holds), "statuses": dict(self.statuses)}


def read_holds(path, over_ns, ended_ns):
    """(start, stop, name) of every hold that began in time, in order. One that has not stopped
    lasts until its process has ended, or until time is up."""
    begun, stopped = {}, {}
    for line in path.read_text().splitlines() if path.exists() else []:
        word, name, at_ns = line.split()
        (begun if word == "start" else stopped)[name] = int(at_ns)
    return sorted((start_ns, min(stopped.get(name, over_ns.get(name, ended_ns)), ended_ns), name)
                  for name, start_ns in begun.items() if start_ns < ended_ns)


def busiest(times_ms):
    """Calls a second in the busiest window."""
    most, first = 0, 0
    for last, at_ms in enumerate(times_ms):
        while times_ms[first] < at_ms - WINDOW_MS:
            first += 1
        most = max(most, last - first + 1)
    return most / (WINDOW_MS / 1000)


def out_of_order(calls, holds):
    """Holders that entered after one who had arrived later: generation 0 is the arrival."""
    arrived = {}
    for call in calls:
        found = re.search(r"#t\d+#l([^#]*)$", call.get("logGroupName") or "")
        if found and call["operation"] == "CreateLogGroup" and call["outcome"] == "ok":
            arrived.setdefault(found.group(1), call["mono_ms"])
    order = [arrived[name] for _, _, name in holds if name in arrived]
    return sum(later < earlier - TIE_MS for earlier, later in zip(order, order[1:]))


def renewal_gaps(calls, holds):
    """Between the claim or renewal of a holder and its next, in ms; not between two claims of one
    who took the first back."""
    held_ms = {name: start_ns / 1e6 for start_ns, _, name in holds}
    last, gaps = {}, []
    for call in calls:
        found = re.search(r"#h.*#l([^#]*)$", call.get("logGroupName") or "")
        if not found or call["operation"] != "CreateLogGroup" or call["outcome"] != "ok":
            continue
        label, at_ms = found.group(1), call["mono_ms"]
        if label in last and at_ms > held_ms.get(label, math.inf):
            gaps.append(at_ms - last[label])
        last[label] = at_ms
    return gaps


def withlocks(world, count, rounds, seconds, **options):
    crowd = Crowd(world)
    for at in range(count):
        crowd.add_withlock(f"w{at}", rounds, **options)
    return crowd.play(seconds)


def mixed(world, withlock_count, role_count, rounds, seconds):
    crowd = Crowd(world)
    for at in range(withlock_count):
        crowd.add_withlock(f"w{at}", rounds)
    for at in range(role_count):
        crowd.add_role(f"s{at}", rounds)
    return crowd.play(seconds)


def in_parallel(**jobs):
    with concurrent.futures.ThreadPoolExecutor(len(jobs)) as pool:
        futures = {name: pool.submit(*job) for name, job in jobs.items()}
        return {name: future.result() for name, future in futures.items()}


def simulate(world, counts):
    """Lines of the simulator for crowds that are too large for this machine."""
    if not world.sim.exists():
        return {}
    lines = {}
    for count in counts:
        done = subprocess.run([world.sim, "--waiters", str(count)], capture_output=True, text=True,
                              check=False)
        lines[count] = done.stdout.strip() or done.stderr.strip()
    return lines


def measure(world, options, say):
    quick = options.quick
    short, long, crowd = (30, 30, 20) if quick else (120, 240, 50)
    say(f"2 withlocks; 5 and 5 role peers ({short} s); 10 and {crowd} role peers ({long} s); "
        "side by side")
    results = in_parallel(two=(withlocks, world, 2, 1000, short),
                          mix=(mixed, world, 5, 5, 1000, short),
                          role=(mixed, world, 0, 10, 1, long),
                          roles=(mixed, world, 0, crowd, 1, long))
    say(f"10 withlocks ({short} s)")
    results["ten"] = withlocks(world, 10, 1000, short)
    say(f"{crowd} withlocks, each once")
    results["fifty"] = withlocks(world, crowd, 1, 10 * crowd)
    say(f"{crowd} withlocks that renew often")
    results["renewing"] = withlocks(world, crowd, 1, short // 2, hold_s=25,
                                    options=["-t", "30", "-k", "2"])
    say("200 and 1,000 in the simulator")
    results["simulated"] = simulate(world, [200] if quick else [200, 1000])
    results |= {"crowd": crowd, "short": short, "long": long}
    return results


def ended(statuses):
    """How many runs had ended, in words."""
    parts = [f"{count} {'run' if count == 1 else 'runs'} with status {status}"
             for status, count in sorted(statuses.items())]
    return " and ".join(parts) + " had ended" if parts else "no run had ended"


def titles(crowd):
    return {"two": "2 `withlock`", "ten": "10 `withlock`", "fifty": f"{crowd} `withlock`, each once",
            "mix": "5 `withlock` and 5 role peers", "role": "10 role peers, each once",
            "roles": f"{crowd} role peers, each once",
            "renewing": f"{crowd} `withlock`, holds of 25 s, timeout 30 s"}


def report(results, folder):
    rows, title_of = [], titles(results["crowd"])
    for name, title in title_of.items():
        found = results[name]
        gaps = found["gaps_ms"]
        rates = "; ".join(f"{number(mean)}, {number(most)}"
                          for mean, most in found["per_operation"].values())
        rows.append([title, found["entries"], number(statistics.median(gaps)) if gaps else "-",
                     number(quantile(gaps, 0.99)) if gaps else "-", f"{found['held']:.0%}",
                     found["out_of_order"], rates,
                     number(found["calls"] / found["entries"]) if found["entries"] else "-",
                     found["throttled"]])
    text = [f"""### Series

Holds of {HOLD_S} s, {LATENCY_MS} ms of latency, listings that lag up to {LAG_MS} ms, and the quotas
of AWS: 10 calls a second of each operation, counted for all together. Contenders come back as soon
as they have had the lock, unless it says "once". Role peers retry every 30 to 45 s, as in its
defaults, and pause for {STEP_S} s before each step, as Ansible's modules do. Time is up after
{results["long"]} s for the series of role peers, {results["short"]} s for the others; `withlock` that come once have as
long as they need. A lock that was free when time was up counts as free for so long, one that was held
as held. Calls a second are those of create; list; delete: on average, and in the busiest
{WINDOW_MS // 1000} s; throttled ones count.
""", table(["", "entries", "free, ms: median", "99 %", "in use", "out of order", "calls/s",
            "calls per entry", "throttled"], rows)]
    mix = results["mix"]["names"]
    text.append(f"\nIn the mix {sum(name.startswith('w') for name in mix)} of {len(mix)} entries were "
                f"`withlock`'s, {sum(name.startswith('s') for name in mix)} the role peers'.\n")
    renewals = results["renewing"]["renewal_gaps_ms"]
    if renewals:
        text.append(f"\nWith a timeout of 30 s and {results['crowd']} contenders a holder renewed every "
                    f"{number(statistics.median(renewals) / 1000)} s, after "
                    f"{number(max(renewals) / 1000)} s at the latest; when time was up, "
                    f"{ended(results['renewing']['statuses'])}.\n")
    if results["simulated"]:
        text.append("\nThe simulator's service has no quotas: there the role's protocol makes up to tens "
                    "of calls a second of one\noperation, which AWS would throttle, and that is why a "
                    "free lock is idle for so short with it.\n")
    for count, lines in results["simulated"].items():
        text.append(f"\n{count} contenders in the simulator, holds of 10 s:\n\n"
                    + "\n".join("    " + line for line in lines.splitlines()) + "\n")
    series = [(title_of[name].replace("`", ""), [max(gap, 1) for gap in results[name]["gaps_ms"]])
              for name in ("two", "ten", "fifty", "role", "roles") if results[name]["gaps_ms"]]
    steps(folder / "bench-contention.svg", "How long a free lock stays free", "ms", series)
    return "\n".join(text), targets(results)


def targets(results):
    rows = []
    for name, who, median_ms, worst_ms in (("ten", "10", 900, 2000),
                                           ("fifty", results["crowd"], 1000, None)):
        gaps = results[name]["gaps_ms"]
        middle = statistics.median(gaps) if gaps else None
        worst = quantile(gaps, 0.99) if gaps else None
        rows.append(target(f"a free lock stays free, {who} contenders, median",
                           f"under {median_ms} ms", middle, gaps and middle < median_ms, " ms"))
        if worst_ms:
            rows.append(target(f"the same, 99th percentile of {len(gaps)}", f"under {worst_ms} ms",
                               worst, gaps and worst < worst_ms, " ms"))
        rate = max(mean for mean, _ in results[name]["per_operation"].values())
        rows.append(target(f"calls a second of one operation, {who} contenders", f"under {LIMIT}",
                           rate, rate < LIMIT))
    lost = sum(results[name]["statuses"].get(74, 0) for name in titles(0))
    rows.append(target("locks lost, quotas on", "0", lost, lost == 0))
    for theirs, ours, who in (("role", "ten", 10), ("roles", "fifty", results["crowd"])):
        both = [results[name]["gaps_ms"] for name in (theirs, ours)]
        times = statistics.mean(both[0]) / statistics.mean(both[1]) if all(both) else None
        rows.append(target(f"the role's protocol, {who} contenders: free on average, times ours",
                           "at least 50", times, times and times >= 50))
    return rows
