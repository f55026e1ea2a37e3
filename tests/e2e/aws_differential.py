#!/usr/bin/env python3
"""The same files and variables for botocore and for withlock: same key id, region, endpoint?

    aws_differential.py [--count N] [--seed S] [--show CASE] [--record FILE SOURCE]
    aws_differential.py --recorded FILE

Cases are drawn from a seed. BOTOCORE names the module, botocore if it is not set; that within AWS
CLI v2 is awscli.botocore. --record keeps what it says in a file, whose first line names the SOURCE;
--recorded compares withlock with such a file, and needs no botocore. A difference must be one that docs/aws-differences.md explains:
EXPLAINED below knows how to tell, and under which label the table has it. Anything else is a
failure, printed with its files. Needs SHOW_CREDENTIALS and botocore (exits with 77, "skipped",
without; before 1.31 it knows no endpoint variables, and roles are left out). Nothing but loopback
is ever asked: botocore's sockets are guarded, and ours go to a proxy that is not there.
"""
import argparse
import collections
import hashlib
import importlib
import json
import os
import random
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import urllib.request

HOME = tempfile.mkdtemp(prefix="withlock-differential-")
os.environ["HOME"] = HOME  # botocore looks at it when it is imported

RECORDED = "--recorded" in sys.argv
MODULE = os.environ.get("BOTOCORE", "botocore")
OLD, LOGIN = False, True
if not RECORDED:
    try:
        botocore = importlib.import_module(MODULE)
        loaders = importlib.import_module(MODULE + ".loaders")
        sessions = importlib.import_module(MODULE + ".session")
        credentials_module = importlib.import_module(MODULE + ".credentials")
    except ImportError:
        print(f"{MODULE} is not installed")
        sys.exit(77)
    LOGIN = hasattr(credentials_module, "LoginProvider")
    OLD = tuple(int(part) for part in botocore.__version__.split(".")[:2]) < (1, 31)
HERE = os.path.dirname(os.path.abspath(__file__))
SHOW = os.environ["SHOW_CREDENTIALS"]
NAMES = ["default", "alpha", "beta", "gamma delta"]
REGIONS = ["us-east-1", "eu-west-1", "cn-north-1", "us-gov-west-1", "us-iso-east-1", "moon-1",
           "ap-south-1", "us-isob-east-1", "fips-us-west-2", "us-east-1-fips"]
SERVICES = ["one", "two"]


class Case:
    """Two files, variables, options, and what is special about them."""

    def __init__(self, seed, base):
        self.rng = random.Random(seed)
        self.base = base
        self.safe = True  # roles may be assumed: their endpoints are surely loopback
        self.variables, self.profile_option = {}, None
        self.config = self.credentials = None
        self.make()

    def chance(self, percent):
        return self.rng.random() * 100 < percent

    def make(self):
        self.safe = self.chance(60) and not OLD  # its STS cannot be told to be here
        names = [name for name in NAMES if self.chance(85 if name == "default" else 60)]
        sections = [("profile", name, self.keys(name, "config")) for name in names]
        if self.chance(40):
            sections += [("services", name, self.service_keys()) for name in SERVICES
                         if self.chance(80)]
        if self.chance(20):
            keys = [("sso_start_url", "https://x/start"), ("sso_region", "eu-west-1")]
            if self.chance(20):
                keys.pop(self.rng.randrange(2))
            sections.append(("sso-session", "my", keys))
        if self.chance(15):
            sections.append(("plain", self.rng.choice(["plugins", "alpha", "preview x"]),
                             [("region", "af-south-1"), ("aws_access_key_id", "WRONG"),
                              ("aws_secret_access_key", "WRONG")]))
        self.rng.shuffle(sections)
        if self.chance(90):
            self.config = self.write(sections, True)
        if self.chance(70):
            names = [name for name in NAMES if self.chance(70 if name == "default" else 50)]
            self.credentials = self.write([("plain", name, self.keys(name, "credentials"))
                                           for name in names], False)
        self.choose()

    def static(self, where, name):
        tag = f"{where}-{name}".replace(" ", "-").upper()
        keys = [("aws_access_key_id", f"AK-{tag}"), ("aws_secret_access_key", "static-secret")]
        if self.chance(4):
            keys.pop(self.rng.randrange(2))
        if self.chance(20):
            keys.append((self.rng.choice(["aws_session_token", "aws_security_token"]), "t"))
        return keys

    def keys(self, name, where):
        keys = []
        if self.chance(50):
            keys.append(("region", self.rng.choice(REGIONS + ["eu-west-1 # home"])))
        if self.chance(65 if where == "config" else 85):
            keys += self.static(where, name)
        if self.chance(25):
            tag = f"{where}-{name}".replace(" ", "-").upper()
            kind = self.rng.choice(["", "", "", "token", "empty", "null", "basic", "expired",
                                    "never", "float", "two"])
            keys.append(("credential_process",
                         f"sh '{HERE}/print-keys' \"PROCESS-{tag}\" {kind}"))
        if self.chance(12) and not OLD:
            keys.append(("services", self.rng.choice(SERVICES + ["none"])))
        if self.chance(12) and not OLD:
            keys.append(("endpoint_url", self.rng.choice(
                ["http://127.0.0.1:9", "https://x.example/path", "http://[::1]:8/"])))
        for key in ["use_fips_endpoint", "use_dualstack_endpoint"]:
            if self.chance(12):
                keys.append((key, self.rng.choice(["true", "True", "false", "yes"])))
        if not self.safe and self.chance(15):
            keys.append(("ignore_configured_endpoint_urls", self.rng.choice(["true", "false"])))
        if self.safe:
            keys += self.role_keys()
        if self.chance(4):
            keys.append(("sso_session", "my"))
        if self.chance(3):
            keys.append(("max_attempts", self.rng.choice(["2", "x"])))
        if self.chance(3):
            keys.append(("retry_mode", self.rng.choice(["legacy", "fast"])))
        if self.chance(15):
            keys.append(("s3", [("region", "af-south-1"), ("aws_access_key_id", "WRONG")]))
        if self.chance(10):
            keys.append(("output", "json # not a comment"))
        self.rng.shuffle(keys)
        return keys

    def role_keys(self):
        keys = []
        if self.chance(20):
            keys.append(("role_arn", "arn:aws:iam::123456789012:role/R"))
            if self.chance(80):
                keys.append(("source_profile", self.rng.choice(NAMES)))
            if self.chance(15):
                keys.append(("credential_source", self.rng.choice(
                    ["Environment", "EcsContainer", "environment"])))
        if self.chance(6):
            keys.append(("web_identity_token_file", "TOKEN"))
        if self.chance(8):
            keys += [("sso_session", "my"), ("sso_account_id", "001"), ("sso_role_name", "R")]
        if self.chance(6):
            keys.append(("login_session", self.rng.choice(["arn:me", "arn:nobody"])))
        return keys

    def service_keys(self):
        keys = []
        for service in ["cloudwatch_logs", "sts", "logs"]:
            if self.chance(60):
                keys.append((service, [("endpoint_url", f"http://127.0.0.1:7/{service}")]))
        return keys

    def header(self, kind, name):
        if kind == "plain" or (name == "default" and self.chance(80)):
            return f"[{name}]"
        quote = self.rng.choice(["", "", '"', "'"]) if " " not in name else self.rng.choice("\"'")
        blank = self.rng.choice([" ", " ", "  ", "\t"])
        return f"[{kind}{blank}{quote}{name}{quote}]"

    def line(self, key, value):
        if self.chance(10):
            key = key.upper()
        separator = self.rng.choice([" = ", " = ", "=", " =", "= ", " : ", ":", "\t=\t"])
        return f"{key}{separator}{value}{self.rng.choice(['', '', ' ', chr(9)])}"

    def write(self, sections, is_config):
        lines = []
        for kind, name, keys in sections:
            lines.append(self.header(kind, name) + self.rng.choice(["", "", " # c", " ;"]))
            indent = self.rng.choice(["", "", "", "  ", "\t"])
            for key, value in keys:
                if self.chance(10):
                    lines.append(self.rng.choice(["", "# x = y", "  ; [alpha]", "   ", "#"]))
                if isinstance(value, list):
                    lines.append(f"{indent}{key} ={self.rng.choice(['', ' '])}")
                    lines += [f"{indent}    {sub} = {inner}" for sub, inner in value]
                else:
                    lines.append(indent + self.line(key, value))
        self.break_something(lines, is_config)
        end = self.rng.choice(["\n", "\n", "\n", "\r\n"])
        return end.join(lines) + self.rng.choice([end, end, ""])

    def break_something(self, lines, is_config):
        """Now and then a file that cannot be parsed, or that parsers disagree about."""
        if not lines or not self.chance(5):
            return
        what = self.rng.choice(["junk", "[open", " = x", "twice", "before", "empty", "section"])
        at = self.rng.randrange(len(lines)) + 1
        if what in ["junk", "[open", " = x"]:
            lines.insert(at, what)
        elif what == "twice":
            lines += ["[beta]", "region = a", "region = b"] if not is_config else [
                "[profile twice]", "a = 1", "A = 2"]
        elif what == "before":
            lines.insert(0, "region = us-east-1")
        elif what == "empty":
            lines.insert(at, "region =")
        else:
            lines += [lines[0], "x = 1"]

    def choose(self):
        variables = self.variables
        there = [name for name in NAMES if f"{name}]" in str(self.config) + str(self.credentials)
                 or f"{name}\"" in str(self.config) or f"{name}'" in str(self.config)]
        there = there * 6 + NAMES
        if self.chance(25):
            self.profile_option = self.rng.choice(there)
        if self.chance(25):
            variables["AWS_PROFILE"] = self.rng.choice(there)
        if self.chance(10):
            variables["AWS_DEFAULT_PROFILE"] = self.rng.choice(there)
        if self.chance(65):
            variables["AWS_DEFAULT_REGION"] = self.rng.choice(REGIONS)
        if self.chance(10):
            variables["AWS_REGION"] = self.rng.choice(REGIONS)
        if self.chance(20):
            variables["AWS_ACCESS_KEY_ID"] = "AK-ENVIRONMENT"
            if self.chance(90):
                variables["AWS_SECRET_ACCESS_KEY"] = "static-secret"
            if self.chance(30):
                variables["AWS_SESSION_TOKEN"] = "t"
        elif self.chance(10):
            variables["AWS_SECRET_ACCESS_KEY"] = "static-secret"
        if self.safe and self.chance(8):
            variables["AWS_WEB_IDENTITY_TOKEN_FILE"] = "TOKEN"
            if self.chance(80):
                variables["AWS_ROLE_ARN"] = "arn:aws:iam::123456789012:role/W"
        if self.safe and self.chance(10):
            variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = self.base + self.rng.choice(
                ["/container", "/container", "/container/empty", "/container/null"])
        if self.chance(3):
            variables["AWS_ACCESS_KEY_ID"] = "  "
        if self.chance(5):
            variables[self.rng.choice(["AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE",
                                       "AWS_SESSION_TOKEN", "AWS_MAX_ATTEMPTS"])] = ""
        for name, percent, values in [
                ("AWS_USE_FIPS_ENDPOINT", 12, ["true", "TRUE", "false", "1"]),
                ("AWS_USE_DUALSTACK_ENDPOINT", 12, ["true", "false"]),
                ("AWS_MAX_ATTEMPTS", 5, ["5", "x", "0"]),
                ("AWS_RETRY_MODE", 5, ["standard", "legacy", "adaptive", "other"]),
                ("AWS_ENDPOINT_URL", 10, ["http://127.0.0.1:6", "nowhere"]),
                ("AWS_ENDPOINT_URL_CLOUDWATCH_LOGS", 12, ["http://127.0.0.1:5/a/"]),
                ("AWS_ENDPOINT_URL_LOGS", 5, ["http://127.0.0.1:4"])]:
            if self.chance(percent) and not (OLD and "ENDPOINT_URL" in name):
                variables[name] = self.rng.choice(values)
        if not self.safe and self.chance(10):
            variables["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"] = self.rng.choice(["true", "false"])
        if self.safe:
            for service in ["STS", "SSO", "SSO_OIDC"]:
                variables["AWS_ENDPOINT_URL_" + service] = self.base


def lay_out(case, home):
    """Writes the files; returns the environment."""
    shutil.rmtree(home, ignore_errors=True)
    os.makedirs(home + "/.aws/sso/cache")
    os.makedirs(home + "/.aws/login/cache")
    token = home + "/token"
    with open(token, "w", encoding="utf-8") as file:
        file.write("web-token")
    with open(home + "/.aws/sso/cache/3ece1471f44f63177cbc35ba0b904e0c096b6783.json", "w",
              encoding="utf-8") as file:
        json.dump({"accessToken": "sso-token", "expiresAt": "2099-01-01T00:00:00Z"}, file)
    login = hashlib.sha256(b"arn:me").hexdigest()
    with open(f"{home}/.aws/login/cache/{login}.json", "w", encoding="utf-8") as file:
        keys = {"accessKeyId": "LOGIN", "secretAccessKey": "static-secret", "sessionToken": "t",
                "accountId": "001", "expiresAt": "2099-01-01T00:00:00Z"}
        json.dump({"accessToken": keys, "clientId": "c", "refreshToken": "r", "dpopKey": "k",
                   "tokenType": "aws_sigv4"}, file)
    for name, text in [("config", case.config), ("credentials", case.credentials)]:
        if text is not None:
            with open(f"{home}/.aws/{name}", "w", encoding="utf-8", newline="") as file:
                file.write(text.replace("TOKEN", token))
    environment = {name: value for name, value in os.environ.items()
                   if not name.startswith("AWS_") and not name.lower().endswith("_proxy")}
    environment.update({"HOME": home, "AWS_EC2_METADATA_DISABLED": "true",
                        "https_proxy": "http://127.0.0.1:1", "http_proxy": "http://127.0.0.1:1",
                        "no_proxy": "127.0.0.1"})
    environment.update({name: value.replace("TOKEN", token)
                        for name, value in case.variables.items()})
    return environment


def reset(base):
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    opener.open(base + "/_reset", b"").read()
    known = {"AK-" + where + "-" + name.replace(" ", "-").upper(): "static-secret"
             for where in ["CONFIG", "CREDENTIALS"] for name in NAMES}
    known.update({"PROCESS-" + key[3:]: "static-secret" for key in known})
    known["AK-ENVIRONMENT"] = known["LOGIN"] = "static-secret"
    # signatures are another test's business: any token will do
    opener.open(base + "/_set", json.dumps({"secrets": known, "lenient": True}).encode()).read()


LOADER = None if RECORDED else loaders.create_loader()
TRUE_CONNECT = socket.socket.connect


def guarded_connect(self, address):
    if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in ("127.0.0.1", "::1"):
        raise OSError(f"not loopback: {address}")
    return TRUE_CONNECT(self, address)


def translate(environment):
    """What the AWS CLI makes of variables that botocore alone reads otherwise."""
    changed = dict(environment)
    if "AWS_REGION" in changed:  # only the CLI reads it
        changed["AWS_DEFAULT_REGION"] = changed["AWS_REGION"]
    if "AWS_PROFILE" in changed:  # botocore prefers the other one
        changed.pop("AWS_DEFAULT_PROFILE", None)
    return changed


def endpoint_of(client):
    """Where a request would go: the rule set's word, not that of the older endpoints.json."""
    resolver = getattr(client, "_ruleset_resolver", None)
    if resolver is None:
        return client.meta.endpoint_url
    operation = client.meta.service_model.operation_model("DescribeLogGroups")
    return resolver.construct_endpoint(operation, {}, {}).url


def ask_botocore(case, environment):
    """(key id, digest of secret and token, region, endpoint), or the exception's name."""
    old = dict(os.environ)
    os.environ.clear()
    os.environ.update(translate(environment))
    try:
        session = sessions.Session(profile=case.profile_option)
        session.register_component("data_loader", LOADER)
        credentials = session.get_credentials()
        if credentials is None:
            return "NoCredentials"
        keys = credentials.get_frozen_credentials()
        client = session.create_client("logs")
        digest = hashlib.sha256(f"{keys.secret_key}\n{keys.token or ''}".encode()).hexdigest()[:16]
        return keys.access_key, digest, client.meta.region_name, endpoint_of(client)
    except Exception as error:  # whatever it is, it is an answer
        return type(error).__name__
    finally:
        os.environ.clear()
        os.environ.update(old)


def ask_withlock(case, environment):
    command = [SHOW] + (["--profile", case.profile_option] if case.profile_option else [])
    done = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, timeout=120,
                          capture_output=True, text=True, check=False)
    if done.returncode not in (0, 69, 77, 78):
        return f"exit {done.returncode}: {done.stderr}"
    if done.returncode:
        return done.stderr.strip()
    words = done.stdout.split()
    return words[1], words[3], words[5], words[7]


def plain(answer):
    """What is compared: withlock gives an endpoint without its final slash (H3)."""
    if isinstance(answer, str):
        return "error" if not answer.startswith("exit ") else answer
    return (*answer[:3], answer[3].rstrip("/"))


def explain(case, theirs, ours):
    """The label in docs/aws-differences.md, or None."""
    for label, test in EXPLAINED:
        if test(case, theirs, ours):
            return label
    return None


def has_section(case, word):
    return f"[{word}" in (case.config or "")


def configured(case, key):
    return key in f"{case.config} {case.credentials}".lower()


def repeats_a_section(case):
    """In the config file, one that means nothing: [NAME] without 'profile'."""
    headers = re.findall(r"^\[(\w+)\]", case.config or "", re.MULTILINE)
    return any(headers.count(name) > 1 for name in headers if name != "default")


def is_empty(case, *names):
    return any(case.variables.get(name) == "" for name in names)


# Label in the table -> is it that?
EXPLAINED = [
    ("keys of blanks",
     lambda case, theirs, ours: case.variables.get("AWS_ACCESS_KEY_ID") == "  "),
    ("empty variable",
     lambda case, theirs, ours: is_empty(case, "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE",
                                         "AWS_MAX_ATTEMPTS")),
    ("console login",
     lambda case, theirs, ours: configured(case, "login_session")
     and (not LOGIN or theirs == "MissingDependencyException")),
    ("retry_mode legacy",
     lambda case, theirs, ours: theirs == "InvalidRetryModeError" and not isinstance(ours, str)
     and "legacy" in f"{case.config} {case.credentials} {case.variables}"),
    ("version 1.0",
     lambda case, theirs, ours: not isinstance(theirs, str) and isinstance(ours, str)
     and "version is not the number 1" in ours and "float" in f"{case.config} {case.credentials}"),
    ("sso_session without its section",
     lambda case, theirs, ours: theirs == "InvalidConfigError" and not isinstance(ours, str)
     and configured(case, "sso_session") and not has_section(case, "sso-session")),
    ("empty services section",
     lambda case, theirs, ours: theirs == "InvalidConfigError" and not isinstance(ours, str)
     and has_section(case, "services")),
    ("partition without FIPS or dual-stack",
     lambda case, theirs, ours: theirs in ("EndpointResolutionError", "EndpointProviderError")
     and not isinstance(ours, str)),
    ("section without meaning, twice",
     lambda case, theirs, ours: theirs == "ConfigParseError" and not isinstance(ours, str)
     and repeats_a_section(case)),
    ("value without a key",
     lambda case, theirs, ours: not isinstance(theirs, str) and isinstance(ours, str)
     and "a value without a key" in ours),
]


def start_server():
    server = subprocess.Popen([sys.executable, HERE + "/aws_endpoints.py"], text=True,
                              stdout=subprocess.PIPE)
    return server, server.stdout.readline().split()[-1]


def show(number, case, theirs, ours):
    print(f"--- case {number}: botocore {theirs}\n             withlock {ours}")
    print(f"option {case.profile_option} variables {json.dumps(case.variables)}")
    print("config:\n" + str(case.config) + "\ncredentials:\n" + str(case.credentials))


def fingerprint(case):
    """Of what both are given: has the generator changed since it was recorded?"""
    text = json.dumps([case.config, case.credentials, case.variables, case.profile_option],
                      sort_keys=True).replace(HERE, "").replace(case.base, "BASE")
    return hashlib.sha256(text.encode()).hexdigest()[:8]


class Record:
    """A file of what botocore said: "NUMBER FINGERPRINT ANSWER" a line, the server named BASE."""

    def __init__(self, path, source=None):
        self.path, self.source, self.answers = path, source, {}
        if source is None:
            with open(path, encoding="utf-8") as file:
                for line in file:
                    if not line.startswith("#"):
                        number, mark, answer = line.split(" ", 2)
                        self.answers[int(number)] = mark, json.loads(answer)

    def keep(self, number, case, theirs):
        text = json.dumps(theirs).replace(case.base, "BASE")
        self.answers[number] = fingerprint(case), json.loads(text)

    def get(self, number, case):
        mark, theirs = self.answers[number]
        if mark != fingerprint(case):
            sys.exit(f"{self.path}: case {number} is not what it was: record it anew (--record)")
        theirs = json.loads(json.dumps(theirs).replace("BASE", case.base))
        return theirs if isinstance(theirs, str) else tuple(theirs)

    def write(self):
        with open(self.path, "w", encoding="utf-8") as file:
            file.write(f"# {self.source}\n# case, fingerprint, exception or [key id, digest of "
                       "secret and token, region, endpoint]\n")
            for number, (mark, theirs) in self.answers.items():
                file.write(f"{number} {mark} {json.dumps(theirs)}\n")


def compare(number, case, record, tally):
    """Returns false for a difference that nobody knows the reason of."""
    environment = lay_out(case, HOME)
    reset(case.base)
    theirs = record.get(number, case) if RECORDED else ask_botocore(case, environment)
    reset(case.base)
    ours = ask_withlock(case, environment)
    label = "same" if plain(theirs) == plain(ours) else explain(case, theirs, ours)
    if label == "same" and isinstance(theirs, str):
        label = f"same, an error ({theirs})"
    if record and not RECORDED:
        record.keep(number, case, theirs)
    if label is None:
        show(number, case, theirs, ours)
    tally[label or "NOT EXPLAINED"] += 1
    return label is not None


def read_options():
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=400)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", type=int)
    parser.add_argument("--record", nargs=2, metavar=("FILE", "SOURCE"))
    parser.add_argument("--recorded", metavar="FILE")
    return parser.parse_args()


def check_labels():
    """The tables must have a row for each label."""
    with open(HERE + "/../../docs/aws-differences.md", encoding="utf-8") as file:
        rows = re.findall(r"^\| `([^`]+)`", file.read(), re.MULTILINE)
    missing = [label for label, _ in EXPLAINED if label not in rows]
    if missing:
        sys.exit(f"docs/aws-differences.md has no row for {missing}")


def main():
    options = read_options()
    check_labels()
    record = Record(options.recorded) if RECORDED else None
    if options.record:
        record = Record(*options.record)
    socket.socket.connect = guarded_connect
    server, base = start_server()
    tally, failures = collections.Counter(), 0
    numbers = (sorted(record.answers) if RECORDED else
               [options.show] if options.show is not None else range(options.count))
    try:
        for number in numbers:
            case = Case(options.seed * 1000003 + number, base)
            failures += not compare(number, case, record, tally)
            if options.show is not None:
                show(number, case, ask_botocore(case, lay_out(case, HOME)),
                     ask_withlock(case, lay_out(case, HOME)))
    finally:
        server.terminate()
        shutil.rmtree(HOME, ignore_errors=True)
    if options.record:
        record.write()
    for label, count in tally.most_common():
        print(f"{count:5} {label}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
