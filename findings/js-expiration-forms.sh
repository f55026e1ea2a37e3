#!/bin/bash
# js-expiration-forms - keys of a program are never renewed, if the time they end is in another ISO form.
#
# Version    @aws-sdk/credential-provider-process 3.972.86 and @aws-sdk/client-cloudwatch-logs 3.1169.0
#            (npm), beside python3-botocore 1.29.27 (Debian 12).
# Behaviour  A credential_process prints "Expiration", "an ISO8601 formatted timestamp". The AWS SDK for
#            JavaScript reads it by Date, which knows fewer forms of ISO 8601 than botocore: not the
#            basic one (20300101T000000Z), not a decimal comma, and not the end "UTC" of old caches
#            of the CLI. The time is then no number, no comparison with it is ever true, and the client
#            asks the program once and never again, however soon the keys expire: a process that
#            runs for long is refused by the service from then on.
# Seen       2040-01-01T00:00:00Z: both read it. 20400101T000000Z, 2040-01-01T00:00:00,5Z and
#            2040-01-01T00:00:00UTC: botocore reads them, for the SDK they are no time. Keys for one
#            minute, three requests: the program is run anew for each; in the basic form it is run once.
#
# Needs npm, node, apt, python3 and the network of npm and Debian; installs into a temporary folder.
set -euo pipefail
botocore=1.29.27
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
echo '{"private": true}' >package.json
npm install --silent --no-audit --no-fund @aws-sdk/credential-provider-process@3.972.86 \
    @aws-sdk/client-cloudwatch-logs@3.1169.0 >npm.log 2>&1 || { cat npm.log; echo "cannot install from npm"; exit 77; }
found=$(apt-cache madison python3-botocore | awk -v v="$botocore" 'index($3, v) == 1 { print $3; exit }')
{ [ -n "$found" ] && apt-get download -q "python3-botocore=$found" python3-jmespath python3-dateutil \
    python3-urllib3 python3-six >/dev/null 2>&1; } || { echo "cannot fetch python3-botocore $botocore"; exit 77; }
for package in ./*.deb; do dpkg-deb -x "$package" root; done

cat >keys <<'SH'
#!/bin/sh
echo . >>runs
printf '{"Version": 1, "AccessKeyId": "AKIDEXAMPLE", "SecretAccessKey": "example", "Expiration": "%s"}' "$(cat expiration)"
SH
chmod +x keys
printf '[default]\ncredential_process = %s/keys\nregion = eu-central-1\n' "$work" >config
export AWS_CONFIG_FILE=$work/config AWS_SHARED_CREDENTIALS_FILE=$work/none AWS_EC2_METADATA_DISABLED=true
unset AWS_PROFILE AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN
cat >ask.mjs <<'JS'
import { fromProcess } from "@aws-sdk/credential-provider-process";
import { CloudWatchLogsClient, DescribeLogGroupsCommand } from "@aws-sdk/client-cloudwatch-logs";
const requests = Number(process.argv[2]);
if (!requests) {
    const { expiration } = await fromProcess()();
    console.log(Number.isNaN(expiration.getTime()) ? "no time" : expiration.getUTCFullYear());
} else {
    const answer = { statusCode: 200, headers: { "content-type": "application/x-amz-json-1.1" }, body: new Uint8Array([123, 125]) };
    const requestHandler = { handle: async () => ({ response: answer }), metadata: {} };
    const client = new CloudWatchLogsClient({ credentials: fromProcess(), region: "eu-central-1", requestHandler });
    for (let i = 0; i < requests; i++)
        await client.send(new DescribeLogGroupsCommand({}));
}
JS
cat >ask.py <<'PYTHON'
import botocore.session
print(botocore.session.Session().get_credentials()._expiry_time.year)
PYTHON
for form in 2040-01-01T00:00:00Z 20400101T000000Z 2040-01-01T00:00:00,5Z 2040-01-01T00:00:00UTC; do
    echo "$form" >expiration
    echo "$form: $(PYTHONPATH=root/usr/lib/python3/dist-packages /usr/bin/python3 ask.py), $(node ask.mjs)"
done | tee seen
for form in +%Y-%m-%dT%H:%M:%SZ +%Y%m%dT%H%M%SZ; do
    date -u -d '1 minute' "$form" >expiration
    rm -f runs
    node --no-warnings ask.mjs 3
    echo "$form: $([ "$(wc -l <runs)" -ge 3 ] && echo run anew || echo "run $(wc -l <runs)")"
done | tee -a seen
echo "python3-botocore $found"
diff - seen <<'END' || { echo "changed: this is no longer what the header says"; exit 1; }
2040-01-01T00:00:00Z: 2040, 2040
20400101T000000Z: 2040, no time
2040-01-01T00:00:00,5Z: 2040, no time
2040-01-01T00:00:00UTC: 2040, no time
+%Y-%m-%dT%H:%M:%SZ: run anew
+%Y%m%dT%H%M%SZ: run 1
END
