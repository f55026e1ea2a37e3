#!/bin/bash
# botocore-process-version - a credential_process may call its version true, and is believed.
#
# Version    python3-botocore 1.29.27 (Debian 12); the same in botocore 1.43.11.
# Behaviour  AWS documents that a credential_process prints "Version": 1, and that other versions
#            are refused. botocore compares with ==, for which Python's True and 1.0 are 1: keys of
#            "Version": true and "Version": 1.0 are used, those of "Version": "1" are not. The SDKs for
#            Go and Java take the number only.
# Seen       true: used. 1.0: used. "1": refused. 2: refused.
#
# Needs apt, python3 and the network of Debian's packages; installs into a temporary folder.
set -euo pipefail
version=1.29.27
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
found=$(apt-cache madison python3-botocore | awk -v v="$version" 'index($3, v) == 1 { print $3; exit }')
[ -n "$found" ] && apt-get download -q "python3-botocore=$found" python3-jmespath python3-dateutil \
    python3-urllib3 python3-six >/dev/null 2>&1 || { echo "cannot fetch python3-botocore $version"; exit 77; }
for package in ./*.deb; do dpkg-deb -x "$package" root; done

cat >ask.py <<'PYTHON'
import os
import sys

os.environ["AWS_CONFIG_FILE"] = "config"
import botocore.exceptions
import botocore.session

with open("config", "w", encoding="utf-8") as file:
    file.write("[default]\ncredential_process = python3 print.py\n")
with open("print.py", "w", encoding="utf-8") as file:
    file.write(f"print('''{{\"Version\": {sys.argv[1]}, \"AccessKeyId\": \"ID\", "
               "\"SecretAccessKey\": \"SECRET\"}''')\n")
try:
    print(botocore.session.Session().get_credentials().access_key)
except botocore.exceptions.CredentialRetrievalError:
    print("refused")
PYTHON
ask() {
    env -i PATH="$PATH" HOME="$work" AWS_EC2_METADATA_DISABLED=true \
        PYTHONPATH="$work/root/usr/lib/python3/dist-packages" /usr/bin/python3 ask.py "$1"
}
echo "python3-botocore $found"
seen=
for said in 1 true 1.0 '"1"' 2; do
    got=$(ask "$said")
    echo "\"Version\": $said  $got"
    seen="$seen $got"
done
[ "$seen" = " ID ID ID refused refused" ] ||
    { echo "changed: this is no longer what the header says"; exit 1; }
