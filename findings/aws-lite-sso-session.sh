#!/bin/bash
# aws-lite-sso-session - who has logged in by "aws sso login" is not found, if the profile has a session.
#
# Version    @aws-lite/client 0.23.7 (npm), beside python3-botocore 1.29.27 (Debian 12), the library of the
#            AWS CLI.
# Behaviour  "aws configure sso" writes a profile that names an [sso-session NAME], and "aws sso login"
#            leaves the token in a file named by the SHA-1 of NAME. aws-lite knows sessions, and complains
#            where one is not there, but looks for the file by the SHA-1 of the start URL, which is
#            right for profiles of the older form only. Where that file is left from before, it uses
#            the older token. No error names the file or SSO; the debug output does.
# Seen       Tokens saved by botocore. Older form: both find the token. Session: botocore finds it,
#            aws-lite is "Unable to find AWS credentials".
#
# Needs npm, node, apt, python3 and the network of npm and Debian; installs into a temporary folder.
set -euo pipefail
botocore=1.29.27
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
echo '{"private": true}' >package.json
npm install --silent --no-audit --no-fund @aws-lite/client@0.23.7 >npm.log 2>&1 ||
    { cat npm.log; echo "cannot install from npm"; exit 77; }
found=$(apt-cache madison python3-botocore | awk -v v="$botocore" 'index($3, v) == 1 { print $3; exit }')
{ [ -n "$found" ] && apt-get download -q "python3-botocore=$found" python3-jmespath python3-dateutil \
    python3-urllib3 python3-six >/dev/null 2>&1; } || { echo "cannot fetch python3-botocore $botocore"; exit 77; }
for package in ./*.deb; do dpkg-deb -x "$package" root; done

export HOME=$work/home AWS_EC2_METADATA_DISABLED=true AWS_REGION=eu-central-1
export PYTHONPATH=$work/root/usr/lib/python3/dist-packages
unset AWS_PROFILE AWS_DEFAULT_PROFILE AWS_CONFIG_FILE AWS_SHARED_CREDENTIALS_FILE AWS_SDK_LOAD_CONFIG AWS_ENDPOINT_URL \
    AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_CONTAINER_CREDENTIALS_RELATIVE_URI AWS_CONTAINER_CREDENTIALS_FULL_URI
mkdir -p home/.aws
cat >save.py <<'PYTHON'
# save.py [SESSION]: does what "aws sso login" does once it has a token, and loads it again
import sys, os
from botocore.utils import JSONFileCache, SSOTokenLoader
start, session = "https://example.awsapps.com/start", (sys.argv[1:] or [None])[0]
loader = SSOTokenLoader(cache=JSONFileCache(os.path.expanduser("~/.aws/sso/cache")))
loader.save_token(start, {"startUrl": start, "region": "eu-central-1", "accessToken": "example",
                          "expiresAt": "2099-01-01T00:00:00Z"}, session_name=session)
print("found" if loader(start, session_name=session)["accessToken"] == "example" else "not found")
PYTHON
cat >ask.js <<'JS'
const http = require("node:http"), awsLite = require("@aws-lite/client");
const roleCredentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "example", sessionToken: "example",
    expiration: Date.now() + 3600e3 };
const portal = http.createServer((request, response) => {
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ roleCredentials }));
}).listen(0, "127.0.0.1", async () => {
    const endpoint = `http://127.0.0.1:${portal.address().port}`;
    const client = await awsLite({ awsConfigFile: true, sso: { endpoint } }).catch((error) => error);
    console.log(client.credentials ? "found" : client.message.slice(0, 30));
    portal.close();
    portal.closeAllConnections();
});
JS
role=$'sso_account_id = 123456789012\nsso_role_name = deploy'
sso=$'sso_start_url = https://example.awsapps.com/start\nsso_region = eu-central-1'
ask() { # ask FORM [SESSION]
    rm -rf home/.aws/sso
    echo "$1: botocore $(/usr/bin/python3 save.py "${@:2}"), aws-lite $(node ask.js)"
}
{
    printf '[default]\n%s\n%s\n' "$role" "$sso" >home/.aws/config
    ask 'older form'
    printf '[default]\nsso_session = example\n%s\n[sso-session example]\n%s\n' "$role" "$sso" >home/.aws/config
    ask session example
} | tee seen
echo "python3-botocore $found"
diff - seen <<'END' || { echo "changed: this is no longer what the header says"; exit 1; }
older form: botocore found, aws-lite found
session: botocore found, aws-lite Unable to find AWS credentials
END
