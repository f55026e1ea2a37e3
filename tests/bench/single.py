"""One run at a time, with nobody to wait for."""

import collections
import glob
import re
import shutil
import statistics
import subprocess

import peers
from figures import bars, number, quantile, spread, table, target
from world import RUN_S

RTT_MS = [20, 80]
SETTLE_MS = 1000
TRACED = {"withlock", "curl", "flock"}  # by callgrind: some take minutes, etcdctl does not run
TLS_ROUND_TRIPS = 2  # TCP and TLS 1.3
TRACE_TRIES = 3  # of a run under callgrind
INSTRUCTIONS = """
Instructions are not counted for the AWS CLI, for Ansible and, with --quick, for boto3, which take minutes
under callgrind, nor for `etcdctl`, which does not run under it.
"""


class Series:
    """Runs of one peer in one setting."""

    def __init__(self):
        self.values = collections.defaultdict(list)
        self.calls = []

    def add(self, **values):
        for name, value in values.items():
            if value is not None:
                self.values[name].append(value)

    def __getitem__(self, name):
        return self.values[name]

    def median(self, name):
        return statistics.median(self.values[name]) if self.values[name] else None


def run_once(world, service, peer, url, series):
    stamps = world.path("stamp")
    took = world.run(peer.command("locks/bench", [world.stamp, stamps, "x"], url), url)
    calls = service.calls()
    start_ms = after_ms = None
    if stamps.exists():
        start, stop = [int(line.split()[2]) for line in stamps.read_text().splitlines()]
        start_ms, after_ms = (start - took["begin_ns"]) / 1e6, (took["end_ns"] - stop) / 1e6
        stamps.unlink()
    failed = [call for call in calls if call["outcome"] != "ok"]
    left = service.groups()
    if left or peer.name != "role" and failed:
        raise RuntimeError(f"{peer.name}: {failed[:1]} {left[:1]}")
    series.calls = [call["operation"] for call in calls]
    series.add(cpu_ms=took["cpu_ms"], peak_mib=took["peak_mib"], faults=took["faults"],
               wall_ms=(took["end_ns"] - took["begin_ns"]) / 1e6, start_ms=start_ms,
               after_ms=after_ms, calls=len(calls) if peer.speaks_logs else None)


def count_system_calls(world, peer, url):
    """Those of the peer and what it starts, but for our own."""
    counts = []
    for words in (peer.command("locks/bench", ["/bin/true"], url), ["/bin/true"]):
        out = world.path("strace")
        world.run(words, url, around=["strace", "-f", "-c", "-o", out])
        total = [line.split() for line in out.read_text().splitlines() if line.endswith("total")]
        counts.append(int(total[0][3]))  # after share, seconds, microseconds per call
    return counts[0] - counts[1]


def count_instructions(world, peer, url):
    """All processes; the files of those that a fork made count from the fork on."""
    for _ in range(TRACE_TRIES):
        folder = world.path("callgrind")
        folder.mkdir()
        words = ["valgrind", "--tool=callgrind", "--trace-children=yes", "--vgdb=no", "-q",
                 f"--callgrind-out-file={folder}/%p",
                 *map(str, peer.command("locks/bench", ["/bin/true"], url))]
        done = subprocess.run(words, env=world.environment(url), capture_output=True, timeout=RUN_S,
                              check=False)
        if done.returncode == 0:
            return sum_of_totals(folder)
    raise RuntimeError(f"{peer.name} under callgrind: {done.returncode} {done.stderr[-2000:]}")


def sum_of_totals(folder):
    totals = []
    for name in glob.glob(f"{folder}/*"):
        with open(name, encoding="utf-8") as file:
            totals += [int(found) for found in re.findall(r"^totals: (\d+)", file.read(), re.M)]
    return sum(totals)


def trusted_by_the_system(world):
    """The words by which a command sees a copy of /etc/ssl/certs that has our CA, too."""
    folder = world.work / "certs"
    shutil.copytree("/etc/ssl/certs", folder, symlinks=True)
    name = subprocess.run(["openssl", "x509", "-noout", "-hash", "-in", world.ca],
                          capture_output=True, text=True, check=True).stdout.strip()
    shutil.copy(world.ca, folder / f"{name}.0")
    with open(folder / "ca-certificates.crt", "a", encoding="utf-8") as bundle:
        bundle.write(world.ca.read_text())
    script = f'mount --bind {folder} /etc/ssl/certs && exec "$@"'
    return ["unshare", "-m", "sh", "-c", script, "sh"]


class SystemCurl(peers.Curl):
    def trust(self):
        return []


def compare_trust(world, service, rounds):
    """CPU with the system's certificates: curl reads the bundle, withlock looks one up.
    (series, None), or (None, why not)"""
    found = {"withlock": Series(), "curl": Series()}
    around = trusted_by_the_system(world)
    tried = subprocess.run([*around, "true"], capture_output=True, text=True, check=False)
    if tried.returncode:
        said = tried.stderr.strip().rpartition("\n")[2]
        return None, f"it takes the right to mount, as root mostly has ({said})"
    for _ in range(rounds):
        for peer in (peers.Withlock(world), SystemCurl(world)):
            took = world.run(peer.command("locks/bench", ["/bin/true"], service.url),
                             service.url, ca=False, around=around)
            found[peer.name].add(cpu_ms=took["cpu_ms"], peak_mib=took["peak_mib"])
            service.calls()
    return found, None


def who_is_here(world):
    """(peers, {title: why it is not among them})"""
    present, skipped = [], {}
    for kind in peers.ALL:
        peer = kind(world)
        why = peer.why_not()
        if why:
            skipped[peer.title] = why
        else:
            present.append(peer)
    return present, skipped


def take_turns(world, service, present, url_of, rounds, slow_rounds):
    found = {peer.name: Series() for peer in present}
    for turn in range(rounds):
        for at in range(len(present)):  # not always in the same order
            peer = present[(at + turn) % len(present)]
            if turn < slow_rounds or not peer.slow:
                run_once(world, service, peer, url_of(peer), found[peer.name])
    return found


def rounds_of(options):
    return options.rounds or (6 if options.quick else 60)


def measure(world, options, say):
    rounds = rounds_of(options)
    slow_rounds = max(2, rounds // 10)
    service, etcd = world.service(), world.etcd()
    present, skipped = who_is_here(world)

    def near(peer):
        return etcd.url if peer.name == "etcdctl" else service.url

    say("single runs, 0 ms of round trip")
    found = {0: take_turns(world, service, present, near, rounds, slow_rounds)}
    for rtt_ms in RTT_MS:
        say(f"single runs, {rtt_ms} ms of round trip")
        relays = {url: world.relay(url, rtt_ms).url for url in (service.url, etcd.url)}
        found[rtt_ms] = take_turns(world, service, present, lambda peer: relays[near(peer)],
                                   max(2, rounds // 4), max(1, slow_rounds // 3))
    for peer in present:
        say(f"system calls and instructions, {peer.name}")
        series = found[0][peer.name]
        series.add(system_calls=count_system_calls(world, peer, near(peer)))
        if peer.name in TRACED or peer.name == "boto3" and not options.quick:
            series.add(instructions=count_instructions(world, peer, near(peer)))
        service.calls()
    say("trust in the system's certificates")
    trust = compare_trust(world, service, max(2, rounds // 4))
    return {"peers": present, "skipped": skipped, "found": found, "trust": trust}


def ratio(found, name, other, what):
    mine, theirs = found[0][name].median(what), found[0][other].median(what)
    return mine / theirs if mine and theirs else None


def excess(found, rtt_ms, calls):
    """Our wall time to the start beyond TCP, TLS, so many calls, and the settle wait."""
    start = found[rtt_ms]["withlock"].median("start_ms")
    return start - SETTLE_MS - (TLS_ROUND_TRIPS + calls) * rtt_ms


def report(results, folder):
    found, present = results["found"], results["peers"]
    near = found[0]
    rows = [[peer.title, spread(near[peer.name]["cpu_ms"]), spread(near[peer.name]["peak_mib"]),
             number(near[peer.name].median("calls")) if peer.speaks_logs else "-",
             number(near[peer.name].median("system_calls")),
             number(near[peer.name].median("faults")),
             millions(near[peer.name].median("instructions")), len(near[peer.name]["cpu_ms"])]
            for peer in present]
    text = ["### CPU, memory, calls\n", table(
        ["", "CPU, ms", "peak memory, MiB", "calls", "system calls", "page faults",
         "instructions, millions", "runs"], rows), INSTRUCTIONS]
    rows = []
    for peer in present:
        for_start = [spread(found[rtt_ms][peer.name]["start_ms"]) for rtt_ms in found]
        for_after = [spread(found[rtt_ms][peer.name]["after_ms"]) for rtt_ms in found]
        if peer.name == "curl":
            for_start = [spread(found[rtt_ms]["curl"]["wall_ms"]) + " in all" for rtt_ms in found]
            for_after = ["-"] * len(for_after)
        rows.append([peer.title, *for_start, *for_after])
    text += ["\n### Wall time, ms\n", table(
        ["", *(f"to the start, {rtt_ms} ms" for rtt_ms in found),
         *(f"after the end, {rtt_ms} ms" for rtt_ms in found)], rows)]
    for title, why in results["skipped"].items():
        text.append(f"\nNot measured: {title}: {why}.\n")
    trust, why = results["trust"]
    if why:
        text.append(f"\nNot measured: with the system's certificates: {why}.\n")
    else:
        text += ["\n### With the system's certificates\n", table(
            ["", "CPU, ms", "peak memory, MiB"],
            [[title, spread(trust[name]["cpu_ms"]), spread(trust[name]["peak_mib"])]
             for name, title in (("withlock", "`withlock`, looks the issuer up in /etc/ssl/certs"),
                                 ("curl", "`curl`, reads the bundle"))])]
    bars(folder / "bench-cpu.svg", "CPU time of an uncontended run", "ms (median, quartiles)",
         [plot_row(peer, near[peer.name]["cpu_ms"]) for peer in present])
    bars(folder / "bench-memory.svg", "Peak memory of an uncontended run", "MiB (median, quartiles)",
         [plot_row(peer, near[peer.name]["peak_mib"]) for peer in present])
    return "\n".join(text), targets(found, present)


def millions(value):
    return number(value / 1e6) if value else "-"


def plot_row(peer, values):
    return (peer.title.replace("`", ""), statistics.median(values), quantile(values, 0.25),
            quantile(values, 0.75))


def targets(found, present):
    """(what, wanted, got, met)"""
    names = {peer.name for peer in present}
    rows = []
    got = ratio(found, "withlock", "curl", "cpu_ms")
    rows.append(target("CPU, times that of `curl`", "at most 1.3", got, got <= 1.3))
    got = ratio(found, "withlock", "etcdctl", "cpu_ms")
    rows.append(target("CPU, times that of `etcdctl lock`", "at most 1", got, got <= 1))
    for name, wanted in (("cli", 60), ("boto3", 15)):
        if name in names:
            got = ratio(found, name, "withlock", "cpu_ms")
            rows.append(target(f"CPU of the {'AWS CLI' if name == 'cli' else name} script, times ours",
                               f"at least {wanted}", got, got >= wanted))
    got = found[0]["withlock"].median("calls")
    rows.append(target("calls", "6", got, got == 6))
    got = ratio(found, "withlock", "curl", "peak_mib")
    rows.append(target("peak memory, times that of `curl`", "at most 1.2", got, got <= 1.2))
    for rtt_ms in found:
        # The first listing and the claim fall within the settle wait, if nobody contends.
        for calls, which in ((4, ""), (2, " (create, the listing that decides)"))[:1 + (rtt_ms > 0)]:
            got = excess(found, rtt_ms, calls)
            rows.append(target(f"to the start, beyond TCP, TLS, {calls} round trips of {rtt_ms} ms"
                               f"{which} and settle", "at most 15 ms", got, got <= 15, " ms"))
        got = found[rtt_ms]["withlock"].median("after_ms") - 2 * rtt_ms
        rows.append(target(f"to the exit, beyond 2 round trips of {rtt_ms} ms", "at most 5 ms", got,
                           got <= 5, " ms"))
    return rows
