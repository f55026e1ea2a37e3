"""Who is measured: withlock and what people would use instead."""

import json
import os
import pathlib

from world import HERE, KEY, REGION, SECRET

LABELS = {"create": "CreateLogGroup", "list": "DescribeLogGroups", "delete": "DeleteLogGroup"}


class Peer:
    """rounds and few: how many runs in a long and in a short series (None: as many as asked)."""
    speaks_logs = True
    few = None
    slow = False

    def __init__(self, world):
        self.world = world

    def why_not(self):
        """Why it cannot be measured here, or None."""
        return None

    def command(self, prefix, work, url):
        """The words that run `work` under the lock `prefix`."""
        raise NotImplementedError


class Withlock(Peer):
    name = "withlock"
    title = "`withlock`"
    options = []

    def command(self, prefix, work, url):
        return [self.world.withlock, *self.options, "-p", prefix, "--", *work]


class Curl(Peer):
    """The same requests, without the waiting and without a command."""
    name = "curl"
    title = "the same requests by one `curl`"
    runs_work = False

    def command(self, prefix, work, url):
        run = f"{prefix}/20261122T064512Z-{os.uname().nodename}-{os.getpid()}-0123abcd#t900"
        claim = f"{run}#g1#q1795329912000#h#k1795329912000"
        requests = [("create", run), ("list", f"{prefix}/"), ("create", claim),
                    ("list", f"{prefix}/"), ("delete", claim), ("delete", run)]
        words = ["curl"]
        for operation, name in requests:
            key = "logGroupNamePrefix" if operation == "list" else "logGroupName"
            words += ["--next"] if len(words) > 1 else []
            words += ["-s", "-f", "-o", "/dev/null", "--http1.1", "--tlsv1.2", *self.trust(),
                      "--aws-sigv4", f"aws:amz:{REGION}:logs", "--user", f"{KEY}:{SECRET}",
                      "-H", f"X-Amz-Target: Logs_20140328.{LABELS[operation]}",
                      "-H", "Content-Type: application/x-amz-json-1.1",
                      "--data-binary", json.dumps({key: name}), url + "/"]
        return words

    def trust(self):
        return ["--cacert", self.world.ca]


class Etcdctl(Peer):
    name = "etcdctl"
    title = "`etcdctl lock`"
    speaks_logs = False

    def command(self, prefix, work, url):
        trust = ["--cacert", self.world.ca] if url.startswith("https:") else []
        return ["etcdctl", "--endpoints", url, *trust, "lock", prefix, *work]


class Flock(Peer):
    name = "flock"
    title = "`flock`"
    speaks_logs = False

    def command(self, prefix, work, url):
        return ["flock", self.world.work / prefix.replace("/", "-"), *work]


class Boto3(Peer):
    name = "boto3"
    title = "Python script, boto3"
    slow = True

    def command(self, prefix, work, url):
        return ["/usr/bin/python3", HERE / "lock_by_boto3.py", prefix, *work]


class Cli(Peer):
    name = "cli"
    title = "shell script, AWS CLI"
    slow = True

    def command(self, prefix, work, url):
        return [HERE / "lock-by-cli.sh", prefix, *work]


class Role(Peer):
    name = "role"
    title = "playbook, the role's protocol"
    slow = True
    collections = pathlib.Path("/usr/lib/python3/dist-packages/ansible_collections")

    def why_not(self):
        module = self.collections / "amazon/aws/plugins/modules/cloudwatchlogs_log_group.py"
        return None if module.exists() else "this ansible has no amazon.aws collection"

    def command(self, prefix, work, url):
        variables = {"prefix": prefix, "id": f"role-{os.getpid()}", "timeout_s": 900,
                     "work": " ".join(map(str, work))}
        return ["ansible-playbook", "-i", "localhost,", HERE / "lock-by-role.yaml",
                "-e", json.dumps(variables)]


ALL = [Withlock, Curl, Etcdctl, Flock, Boto3, Cli, Role]
