#!/bin/bash
# aws-cli-retry-mode - a retry mode that every SDK knows makes each command of the AWS CLI fail.
#
# Version    awscli 2.9.19 (Debian 12); the same in AWS CLI 2.36.7.
# Behaviour  The reference of settings that AWS's SDKs and tools share names three values of
#            AWS_RETRY_MODE (retry_mode in the config file): legacy, standard and adaptive. botocore
#            takes all three, legacy being its own default. AWS CLI v2 has a copy of botocore which
#            knows two: with AWS_RETRY_MODE=legacy, set for a program beside it perhaps, every
#            command ends before it asks anything.
# Seen       'Invalid value provided to "mode": "legacy" must be one of: "standard" or "adaptive"';
#            with standard the command goes on to connect.
#
# Needs apt, python3 and the network of Debian's packages; installs into a temporary folder.
set -euo pipefail
version=2.9.19
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
found=$(apt-cache madison awscli | awk -v v="$version" 'index($3, v) == 1 { print $3; exit }')
[ -n "$found" ] && apt-get download -q "awscli=$found" python3-awscrt python3-botocore python3-cffi-backend \
    python3-colorama python3-cryptography python3-dateutil python3-distro python3-docutils \
    python3-jmespath python3-prompt-toolkit python3-roman python3-ruamel.yaml \
    python3-ruamel.yaml.clib python3-six python3-urllib3 python3-wcwidth python3-zipp >/dev/null 2>&1 ||
    { echo "cannot fetch awscli $version"; exit 77; }
for package in ./*.deb; do dpkg-deb -x "$package" root; done

ask() {
    env -i PATH="$PATH" HOME="$work" AWS_EC2_METADATA_DISABLED=true AWS_ACCESS_KEY_ID=id \
        AWS_SECRET_ACCESS_KEY=secret AWS_RETRY_MODE="$1" AWS_MAX_ATTEMPTS=1 \
        PYTHONPATH="$work/root/usr/lib/python3/dist-packages" \
        /usr/bin/python3 "$work/root/usr/bin/aws" --region us-east-1 logs describe-log-groups \
        --endpoint-url http://127.0.0.1:1 2>&1 | tail -n 1 || true
}
legacy=$(ask legacy)
standard=$(ask standard)
echo "awscli $found"
echo "AWS_RETRY_MODE=legacy:   $legacy"
echo "AWS_RETRY_MODE=standard: $standard"
case $legacy/$standard in
*'"legacy" must be one of: "standard" or "adaptive"/'*'Could not connect'*) ;;
*) echo "changed: this is no longer what the header says"; exit 1 ;;
esac
