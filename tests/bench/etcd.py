"""`--settle 0`, which waits for nothing, beside `etcdctl lock`: TLS in front of both."""

import random

import peers
from fleet import BESIDE, with_build
from figures import number, spread, table, target
from single import Series, rounds_of, run_once

RTT_MS = [0, 20, 80]
START_MOST, EXIT_MOST = 1.0, 1.2  # times etcdctl's
ORDER_SEED = 1
WORDS = """Both need TCP, TLS 1.3 and three calls before the command starts (`withlock`: list, claim, mutex),
which is five round trips. At the end `etcdctl` makes one call and `withlock` two, one after the other: the
mutex, then the claim. Each connection goes through a relay, for 0 ms, too.

"""


class SettleZero(peers.Withlock):
    name = "zero"
    title = "`withlock`, `--settle 0`"
    options = ["--settle", "0"]


class Other(peers.Withlock):
    name = "other"
    title = "`withlock`, other build"


def who_takes_part(world):
    found = [SettleZero(world), peers.Etcdctl(world), peers.Withlock(world)]
    return found + ([Other(with_build(world, BESIDE))] if BESIDE else [])


def play(world, rtt_ms, rounds):
    """Each once a round, in an order drawn anew. A relay stands before both, for 0 ms, too."""
    service, etcd = world.service(), world.etcd(tls=True)
    near, far = world.relay(service.url, rtt_ms).url, world.relay(etcd.url, rtt_ms).url
    present, draw = who_takes_part(world), random.Random(ORDER_SEED)
    found = {peer.title: Series() for peer in present}
    for _ in range(rounds):
        for peer in draw.sample(present, len(present)):
            run_once(world, service, peer, near if peer.speaks_logs else far, found[peer.title])
    world.stop()
    return found


def measure(world, options, say):
    found = {}
    for rtt_ms in RTT_MS:
        say(f"--settle 0 beside etcdctl, {rtt_ms} ms of round trip")
        found[rtt_ms] = play(world, rtt_ms, rounds_of(options))
    return found


def compare(found, rtt_ms, ours, theirs, what, at_most):
    got = found[ours].median(what) / found[theirs].median(what)
    word = "start" if what == "start_ms" else "exit"
    return target(f"{ours}, {rtt_ms} ms: to the {word}, times that of {theirs}", f"at most {at_most}",
                  got, got <= at_most)


def report(found, _):
    zero, etcd, default, other = (kind.title for kind in (SettleZero, peers.Etcdctl, peers.Withlock, Other))
    rows, wanted = [], []
    for title in found[0]:
        rows.append([title, *(spread(found[rtt_ms][title][what]) for what in ("start_ms", "after_ms")
                              for rtt_ms in RTT_MS), number(found[0][title].median("calls"))])
    for rtt_ms in RTT_MS:
        wanted.append(compare(found[rtt_ms], rtt_ms, zero, etcd, "start_ms", START_MOST))
        wanted.append(compare(found[rtt_ms], rtt_ms, zero, etcd, "after_ms", EXIT_MOST))
    if BESIDE:
        wanted += [compare(found[rtt_ms], rtt_ms, default, other, "start_ms", 1) for rtt_ms in RTT_MS]
    return WORDS + table(["ms", *(f"to the start, {rtt_ms} ms" for rtt_ms in RTT_MS),
                  *(f"after the end, {rtt_ms} ms" for rtt_ms in RTT_MS), "calls"], rows), wanted
