"""What the benchmarks run against and with: the service over TLS, longer ways to it, etcd, and one
measured run of a command."""

import contextlib
import http.client
import json
import pathlib
import shutil
import socket
import ssl
import subprocess
import time
import urllib.parse

HERE = pathlib.Path(__file__).resolve().parent
REGION, KEY, SECRET = "eu-central-1", "AKIDBENCHMARK0000000", "benchmark-secret-benchmark-secret-00000"
READY_S = 20  # for anything that is started
RUN_S = 600  # for one run of anything


def openssl(*words):
    subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True)


def make_certificates(work):
    """A CA of one certificate, and one of it for 127.0.0.1."""
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    ca, ca_key, request = work / "ca.pem", work / "ca.key", work / "server.csr"
    openssl("req", "-x509", *key, "-days", 30, "-subj", "/CN=Benchmark CA", "-keyout", ca_key,
            "-out", ca, "-addext", "basicConstraints=critical,CA:TRUE",
            "-addext", "keyUsage=critical,keyCertSign")
    openssl("req", *key, "-subj", "/CN=127.0.0.1", "-keyout", work / "server.key", "-out", request)
    (work / "names").write_text("subjectAltName=IP:127.0.0.1,DNS:localhost\n")
    openssl("x509", "-req", "-in", request, "-CA", ca, "-CAkey", ca_key, "-CAcreateserial",
            "-days", 30, "-out", work / "server.pem", "-extfile", work / "names")


class Service:
    """cwlogs-local, with signatures verified."""

    def __init__(self, program, work):
        self.process = subprocess.Popen(
            [program, "--listen", "127.0.0.1:0", "--credentials", f"{KEY}:{SECRET}",
             "--tls-cert", work / "server.pem", "--tls-key", work / "server.key"],
            stdout=subprocess.PIPE, text=True)
        self.url = self.process.stdout.readline().split()[-1]
        self.context = ssl.create_default_context(cafile=work / "ca.pem")
        self.seen = 0

    def ask(self, method, path, body=None):
        where = urllib.parse.urlsplit(self.url)
        connection = http.client.HTTPSConnection(where.netloc, context=self.context, timeout=READY_S)
        with contextlib.closing(connection):
            connection.request(method, path, body and json.dumps(body))
            answer = connection.getresponse()
            text = answer.read()
            if answer.status != 200:
                raise RuntimeError(f"{method} {path}: {answer.status} {text[:200]}")
            return json.loads(text) if text.strip() else None

    def faults(self, **faults):
        self.ask("POST", "/_faults", faults)

    def calls(self):
        """What was asked since the last time."""
        news = self.ask("GET", f"/_log?after={self.seen}")
        if news:
            self.seen = news[-1]["sequence"]
        return news

    def groups(self):
        return self.ask("GET", "/_groups")

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait()


class Etcd:
    """One of its own; with tls it shows its clients the certificate that Service shows."""

    def __init__(self, work, tls):
        self.folder = work / "etcd"
        self.folder.mkdir()
        ports = [free_port(), free_port()]
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{ports[0]}"
        peer = f"http://127.0.0.1:{ports[1]}"
        self.process = subprocess.Popen(
            ["etcd", "--data-dir", self.folder, "--log-level", "error",
             *(["--cert-file", work / "server.pem", "--key-file", work / "server.key"] if tls else []),
             "--listen-client-urls", self.url, "--advertise-client-urls", self.url,
             "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer,
             "--initial-cluster", f"default={peer}"], stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        until = time.monotonic() + READY_S
        while subprocess.run(["etcdctl", "--endpoints", self.url, "--cacert", work / "ca.pem",
                              "endpoint", "health"], capture_output=True, check=False).returncode:
            if time.monotonic() > until:
                raise RuntimeError("etcd does not start")
            time.sleep(0.1)

    def stop(self):
        self.process.terminate()
        self.process.wait()
        shutil.rmtree(self.folder)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Relay:
    """A longer way to a URL."""

    def __init__(self, url, rtt_ms):
        where = urllib.parse.urlsplit(url)
        self.process = subprocess.Popen(
            ["/usr/bin/python3", HERE / "relay.py", where.netloc, str(rtt_ms)],
            stdout=subprocess.PIPE, text=True)
        self.url = f"{where.scheme}://127.0.0.1:{self.process.stdout.readline().strip()}"

    def stop(self):
        self.process.kill()
        self.process.wait()


class World:
    """Programs, certificates, services, a folder for it all; use as a context."""

    def __init__(self, build, work):
        self.work = pathlib.Path(work)
        self.withlock = build / "src/withlock"
        self.cwlogs_local = build / "src/cwlogs-local/cwlogs-local"
        self.run_measured = build / "tests/bench/run-measured"
        self.stamp = build / "tests/bench/stamp"
        self.sim = build / "tests/sim/sim"
        self.ca = self.work / "ca.pem"
        self.started = []
        self.count = 0
        make_certificates(self.work)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        """What was started, and has not been stopped by itself."""
        while self.started:
            self.started.pop().stop()

    def start(self, thing):
        self.started.append(thing)
        return thing

    def service(self):
        return self.start(Service(self.cwlogs_local, self.work))

    def etcd(self, tls=False):
        return self.start(Etcd(self.work, tls))

    def relay(self, url, rtt_ms):
        return self.start(Relay(url, rtt_ms))

    def path(self, word):
        """A file that is not there yet."""
        self.count += 1
        return self.work / f"{word}.{self.count}"

    def environment(self, url, ca=True):
        """Nothing of the caller's configuration, no metadata address."""
        settings = {
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "HOME": str(self.work), "LANG": "C.UTF-8",
            "ENDPOINT": url, "AWS_ENDPOINT_URL": url, "AWS_URL": url,
            "AWS_REGION": REGION, "AWS_DEFAULT_REGION": REGION, "AWS_ACCESS_KEY_ID": KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_PAGER": "", "AWS": "/usr/bin/aws", "ETCDCTL_API": "3",
            "ANSIBLE_LOCALHOST_WARNING": "false", "ANSIBLE_NOCOLOR": "true"}
        if ca:
            settings["AWS_CA_BUNDLE"] = str(self.ca)
        return settings

    def run(self, command, url, ca=True, around=()):
        """One run, measured. The command's output is looked at only if it fails."""
        out = self.path("measured")
        words = [*around, self.run_measured, out, *command]
        done = subprocess.run(list(map(str, words)), env=self.environment(url, ca), timeout=RUN_S,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        figures = list(map(int, out.read_text().split())) if out.exists() else []
        if done.returncode != 0 or not figures or figures[-1] != 0:
            raise RuntimeError(f"{' '.join(map(str, command))}: {figures[-1:]} {done.returncode}\n"
                               f"{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
        out.unlink()
        begin_ns, end_ns, user_us, system_us, peak_kib, minor, major, switches, _ = figures
        return {"begin_ns": begin_ns, "end_ns": end_ns, "cpu_ms": (user_us + system_us) / 1000,
                "peak_mib": peak_kib / 1024, "faults": minor + major, "switches": switches}
