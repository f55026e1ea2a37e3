#!/bin/bash
# js2-nested-settings - what a profile says for S3 counts for every service in AWS SDK 2 for JavaScript.
#
# Version    aws-sdk 2.1693.0 (npm, its last), beside python3-botocore 1.29.27 (Debian 12).
# Behaviour  The config file has settings of one service indented below its name ("s3 =" and lines like
#            "  use_dualstack_endpoint = true"), as the AWS CLI documents for S3. aws-sdk 2, with
#            AWS_SDK_LOAD_CONFIG=1, takes the indented lines for settings of the whole profile: its
#            CloudWatch Logs client asks the dual-stack endpoint, which a VPC or a proxy need not
#            let through, and in which S3's setting alone never sent anything.
# Seen       Without the setting: logs.eu-central-1.amazonaws.com from both. With it, below "s3 =":
#            botocore the same, aws-sdk logs.eu-central-1.api.aws.
#
# Needs npm, node, apt, python3 and the network of npm and Debian; installs into a temporary folder.
set -euo pipefail
version=2.1693.0
botocore=1.29.27
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
echo '{"private": true}' >package.json
npm install --silent --no-audit --no-fund "aws-sdk@$version" >npm.log 2>&1 ||
    { cat npm.log; echo "cannot install aws-sdk $version"; exit 77; }
found=$(apt-cache madison python3-botocore | awk -v v="$botocore" 'index($3, v) == 1 { print $3; exit }')
{ [ -n "$found" ] && apt-get download -q "python3-botocore=$found" python3-jmespath python3-dateutil \
    python3-urllib3 python3-six >/dev/null 2>&1; } || { echo "cannot fetch python3-botocore $botocore"; exit 77; }
for package in ./*.deb; do dpkg-deb -x "$package" root; done
echo "aws-sdk $version, python3-botocore $found"

export AWS_SDK_LOAD_CONFIG=1 AWS_SDK_JS_SUPPRESS_MAINTENANCE_MODE_MESSAGE=1
export AWS_CONFIG_FILE=$work/config AWS_SHARED_CREDENTIALS_FILE=$work/none
unset AWS_PROFILE AWS_REGION AWS_DEFAULT_REGION AWS_USE_DUALSTACK_ENDPOINT AWS_ENDPOINT_URL
: >none
js='console.log(new (require("aws-sdk").CloudWatchLogs)().endpoint.host)'
py='import botocore.session
print(botocore.session.Session().create_client("logs").meta.endpoint_url.split("/")[2])'
for setting in addressing_style=path use_dualstack_endpoint=true; do
    printf '[default]\nregion = eu-central-1\ns3 =\n  %s\n' "$setting" >config
    echo "$setting: $(PYTHONPATH=root/usr/lib/python3/dist-packages /usr/bin/python3 -c "$py") $(node -e "$js")"
done | tee seen
diff - seen <<'END' || { echo "changed: this is no longer what the header says"; exit 1; }
addressing_style=path: logs.eu-central-1.amazonaws.com logs.eu-central-1.amazonaws.com
use_dualstack_endpoint=true: logs.eu-central-1.amazonaws.com logs.eu-central-1.api.aws
END
