#!/bin/bash
# ansible-vanished-group - a log group that goes while it is listed fails the whole list.
#
# Version    amazon.aws 5.5.1 (Debian 12's ansible 7.7.0), with python3-botocore 1.29.27.
# Behaviour  cloudwatchlogs_log_group_info asks for the tags of each group that it has listed, a
#            request each, though nobody asked for tags. A refusal (AccessDenied) is a warning to it;
#            that a group is not there any more is an error, and the groups that are there are lost
#            with it. Where log groups come and go, as those of a lock do, the list fails every
#            now and then, the more often the longer it is: at 5 such requests a second, AWS's
#            quota, 50 groups take 10 s.
# Seen       Two groups are listed, one of them is deleted before its tags are asked for:
#            the module fails with ResourceNotFoundException. One would expect the other group.
#
# Needs apt, python3 and the network of Debian's packages; installs into a temporary folder.
set -euo pipefail
ansible=7.7.0
work=$(mktemp -d)
service=
trap '[ -z "$service" ] || kill "$service"; rm -rf "$work"' EXIT
cd "$work"
found=$(apt-cache madison ansible | awk -v v="$ansible" 'index($3, v) == 1 { print $3; exit }')
[ -n "$found" ] && apt-get download -q "ansible=$found" ansible-core python3-boto3 python3-botocore \
    python3-jmespath python3-dateutil python3-urllib3 python3-six python3-s3transfer python3-packaging \
    >/dev/null 2>&1 || { echo "cannot fetch ansible $ansible"; exit 77; }
for package in ./*.deb; do dpkg-deb -x "$package" root; done

cat >service.py <<'PYTHON' # answers as CloudWatch Logs would: the second group goes after it was listed
import http.server, json

class Service(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        status, answer = 200, {"tags": {}}
        if self.headers["X-Amz-Target"].endswith(".DescribeLogGroups"):
            answer = {"logGroups": [{"logGroupName": name, "creationTime": 1700000000000, "storedBytes": 0}
                                    for name in ("lock/a", "lock/b")]}
        elif body.get("logGroupName") == "lock/b":
            status, answer = 400, {"__type": "ResourceNotFoundException",
                                   "message": "The specified log group does not exist."}
        data = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/x-amz-json-1.1")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
        print(self.headers["X-Amz-Target"].partition(".")[2], status, flush=True)

    def log_message(self, *words):
        pass

server = http.server.HTTPServer(("127.0.0.1", 0), Service)
print(server.server_port, flush=True)
server.serve_forever()
PYTHON
python3 service.py >calls &
service=$!
for _ in $(seq 100); do [ -s calls ] && break; sleep 0.1; done
url=http://127.0.0.1:$(head -1 calls)

echo '{"ANSIBLE_MODULE_ARGS": {"log_group_name": "lock/", "region": "eu-central-1", "endpoint_url": "'"$url"'",
    "aws_access_key": "demo", "aws_secret_key": "demo"}}' |
    env -i PATH="$PATH" HOME="$work" PYTHONPATH=root/usr/lib/python3/dist-packages \
        python3 -m ansible_collections.amazon.aws.plugins.modules.cloudwatchlogs_log_group_info >answer || true
echo "ansible $found"
sed 1d calls | tee seen
python3 -c 'import json
answer = json.load(open("answer"))
print("failed" if answer.get("failed") else "done", len(answer.get("log_groups", [])), "groups;",
      answer.get("error", {}).get("code", "no error"))' | tee -a seen
diff - seen <<'END' || { echo "changed: this is no longer what the header says"; exit 1; }
DescribeLogGroups 200
ListTagsLogGroup 200
ListTagsLogGroup 400
failed 0 groups; ResourceNotFoundException
END
