#!/bin/bash
# aws-configure-set-case - "aws configure set" makes a config file that it had read well unreadable.
#
# Version    awscli 2.9.19 with python3-botocore 1.29.27 (Debian 12; its package's number is printed).
# Behaviour  The AWS CLI reads "Region = eu-west-1" as region, keys in any case of letters being the same to
#            it. "aws configure set region ..." writes by another piece of code, to which they are not: it
#            leaves that line and adds a second one. A key given twice is an error to the reader, so that
#            from then on every command fails, the next "aws configure" among them, with
#            "Unable to parse config file", until somebody removes the line by hand.
# Seen       get: eu-west-1. set: status 0. get: status 255, unable to parse. With "region" in the file:
#            replaced, and read. One would expect Region to be replaced, too.
#
# Needs apt, python3 and the network of Debian's packages; installs into a temporary folder.
set -euo pipefail
version=2.9.19
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
found=$(apt-cache madison awscli | awk -v v="$version" 'index($3, v) == 1 { print $3; exit }')
{ [ -n "$found" ] && apt-get download -q "awscli=$found" python3-awscrt python3-botocore python3-cffi-backend \
    python3-colorama python3-cryptography python3-dateutil python3-distro python3-docutils \
    python3-jmespath python3-prompt-toolkit python3-roman python3-ruamel.yaml \
    python3-ruamel.yaml.clib python3-six python3-urllib3 python3-wcwidth python3-zipp >/dev/null 2>&1; } ||
    { echo "cannot fetch awscli $version"; exit 77; }
for package in ./*.deb; do dpkg-deb -x "$package" root; done
export PYTHONPATH=$work/root/usr/lib/python3/dist-packages HOME=$work AWS_CONFIG_FILE=$work/config
unset AWS_PROFILE AWS_DEFAULT_PROFILE AWS_REGION AWS_DEFAULT_REGION AWS_SHARED_CREDENTIALS_FILE
configure() { # what "aws configure ..." says, and its status
    local status=0
    /usr/bin/python3 -W ignore root/usr/bin/aws configure "$@" >said 2>&1 || status=$?
    echo "$1: $(tr -d '\n' <said | sed "s|$work/||") ($status)"
}
for key in region Region; do
    printf '[default]\n%s = eu-west-1\noutput = json\n' "$key" >config
    configure get region
    configure set region us-east-1
    configure get region
    grep -i region config
done | tee seen
echo "awscli $found"
diff - seen <<'END' || { echo "changed: this is no longer what the header says"; exit 1; }
get: eu-west-1 (0)
set:  (0)
get: us-east-1 (0)
region = us-east-1
get: eu-west-1 (0)
set:  (0)
get: Unable to parse config file: config (255)
Region = eu-west-1
region = us-east-1
END
