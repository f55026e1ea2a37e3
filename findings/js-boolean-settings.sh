#!/bin/bash
# js-boolean-settings - "True" is neither true nor an error to the AWS SDK for JavaScript: no FIPS.
#
# Version    @aws-sdk/client-cloudwatch-logs 3.1169.0 (npm), beside python3-botocore 1.29.27 (Debian 12).
# Behaviour  AWS_USE_FIPS_ENDPOINT and AWS_USE_DUALSTACK_ENDPOINT count, in any case of letters, for
#            botocore and the AWS CLI; so "True", which Python and Ansible make of a boolean, switches
#            them on. The SDK's own reader refuses every word but "true" and "false" with an error,
#            but the error is swallowed by the search for the next source, and the default, off, is
#            taken. So are the keys of ~/.aws/config.
# Seen       True or TRUE, by variable or file: botocore asks logs-fips.REGION and logs.REGION.api.aws,
#            the SDK logs.REGION.amazonaws.com, without a word. true: both as botocore. One would
#            expect the error, or the endpoint that was asked for.
#
# Needs npm, node, apt, python3 and the network of npm and Debian; installs into a temporary folder.
set -euo pipefail
version=3.1169.0
botocore=1.29.27
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
echo '{"private": true}' >package.json
npm install --silent --no-audit --no-fund "@aws-sdk/client-cloudwatch-logs@$version" >/dev/null 2>&1 ||
    { echo "cannot fetch @aws-sdk/client-cloudwatch-logs $version"; exit 77; }
found=$(apt-cache madison python3-botocore | awk -v v="$botocore" 'index($3, v) == 1 { print $3; exit }')
[ -n "$found" ] && apt-get download -q "python3-botocore=$found" python3-jmespath python3-dateutil \
    python3-urllib3 python3-six >/dev/null 2>&1 || { echo "cannot fetch python3-botocore $botocore"; exit 77; }
for package in ./*.deb; do dpkg-deb -x "$package" root; done

cat >ask.mjs <<'JS' # the endpoint of a request that is not sent
import { CloudWatchLogsClient, DescribeLogGroupsCommand } from "@aws-sdk/client-cloudwatch-logs";
const client = new CloudWatchLogsClient({ maxAttempts: 1 });
client.middlewareStack.add(() => async ({ request }) => {
    console.log(request.hostname);
    process.exit();
}, { step: "finalizeRequest", priority: "low" });
await client.send(new DescribeLogGroupsCommand({}));
JS
cat >ask.py <<'PYTHON'
import botocore.session
print(botocore.session.Session().create_client("logs").meta.endpoint_url.removeprefix("https://"))
PYTHON
printf '[default]\nregion = eu-central-1\n' >none
printf '[default]\nregion = eu-central-1\nuse_fips_endpoint = True\n' >file

# ask FILE [VARIABLE=VALUE]: what both would ask
ask() {
    local file=$1 clean
    shift
    clean="env -i PATH=$PATH HOME=$work AWS_CONFIG_FILE=$file AWS_SHARED_CREDENTIALS_FILE=no
        AWS_ACCESS_KEY_ID=demo AWS_SECRET_ACCESS_KEY=demo AWS_EC2_METADATA_DISABLED=true"
    echo "${*:-use_fips_endpoint = True}: botocore $(
        $clean PYTHONPATH=root/usr/lib/python3/dist-packages "$@" python3 ask.py), SDK $(
        $clean NODE_NO_WARNINGS=1 "$@" node ask.mjs)"
}
{
    ask none AWS_USE_FIPS_ENDPOINT=true
    ask none AWS_USE_FIPS_ENDPOINT=True
    ask none AWS_USE_DUALSTACK_ENDPOINT=TRUE
    ask file
} | tee seen
echo "botocore $found, SDK for JavaScript $version"
diff - seen <<'END' || { echo "changed: this is no longer what the header says"; exit 1; }
AWS_USE_FIPS_ENDPOINT=true: botocore logs-fips.eu-central-1.amazonaws.com, SDK logs-fips.eu-central-1.amazonaws.com
AWS_USE_FIPS_ENDPOINT=True: botocore logs-fips.eu-central-1.amazonaws.com, SDK logs.eu-central-1.amazonaws.com
AWS_USE_DUALSTACK_ENDPOINT=TRUE: botocore logs.eu-central-1.api.aws, SDK logs.eu-central-1.amazonaws.com
use_fips_endpoint = True: botocore logs-fips.eu-central-1.amazonaws.com, SDK logs.eu-central-1.amazonaws.com
END
