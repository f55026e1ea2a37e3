#!/bin/bash
# aws-azure-login-rewrites - a login tool changes what the config file says of other profiles.
#
# Version    aws-azure-login 3.6.4 with ini 3.0.1 (npm), beside python3-botocore 1.29.27 (Debian 12), the
#            library of the AWS CLI.
# Behaviour  aws-azure-login keeps its settings in ~/.aws/config, and the keys that it gets in
#            ~/.aws/credentials. It reads the whole file by the package ini, adds its own, and writes all of
#            it. To ini "#" ends a value wherever it stands, indented lines are not below the line before,
#            a dot in a section's name is escaped, and a value with "=" is quoted; not so to AWS's tools. So
#            a start URL that ends in "#/" is cut, settings of S3 become the profile's own, and comments
#            are gone, also of profiles that it has nothing to do with; tokens that end in "=" are sent
#            with their new quotes; and who has logged in to a profile with a dot in its name has no keys.
# Seen       Before and after a login to first.last, as botocore reads the files: see the end. One would expect
#            keys in first.last, and everything else as it was.
#
# Needs npm, node, apt, python3 and the network of npm and Debian; installs into a temporary folder.
set -euo pipefail
botocore=1.29.27
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
echo '{"private": true, "overrides": {"ini": "3.0.1"}}' >package.json
npm install --silent --no-audit --no-fund --ignore-scripts aws-azure-login@3.6.4 >npm.log 2>&1 ||
    { cat npm.log; echo "cannot install from npm"; exit 77; }
found=$(apt-cache madison python3-botocore | awk -v v="$botocore" 'index($3, v) == 1 { print $3; exit }')
{ [ -n "$found" ] && apt-get download -q "python3-botocore=$found" python3-jmespath python3-dateutil \
    python3-urllib3 python3-six >/dev/null 2>&1; } || { echo "cannot fetch python3-botocore $botocore"; exit 77; }
for package in ./*.deb; do dpkg-deb -x "$package" root; done
export AWS_CONFIG_FILE=$work/config AWS_SHARED_CREDENTIALS_FILE=$work/credentials
unset AWS_PROFILE AWS_DEFAULT_PROFILE AWS_REGION AWS_DEFAULT_REGION
cat >config <<'INI'
# The team's settings
[profile first.last]
region = eu-central-1
[profile build]
sso_session = corp
s3 =
  addressing_style = path
[sso-session corp]
sso_start_url = https://example.awsapps.com/start#/
sso_region = eu-central-1
INI
cat >credentials <<'INI'
[deploy]
aws_access_key_id = ASIAEXAMPLE
aws_secret_access_key = example
aws_session_token = IQoJb3JpZ2luX2VjEXAMPLE==
INI
cat >read.py <<'PYTHON'
import botocore.session
config = botocore.session.Session().full_config
profiles = config["profiles"]
print("first.last:", "keys" if "aws_access_key_id" in profiles["first.last"] else "no keys")
print("build:", {key: value for key, value in profiles["build"].items() if key != "sso_session"})
print("session:", config["sso_sessions"]["corp"]["sso_start_url"])
print("deploy:", profiles["deploy"]["aws_session_token"])
PYTHON
cat >save.js <<'JS'
// What "aws-azure-login --configure --profile first.last" and then a login end with.
const { awsConfig } = require("aws-azure-login/lib/awsConfig");
awsConfig.setProfileConfigValuesAsync("first.last", { azure_tenant_id: "example" })
    .then(() => awsConfig.setProfileCredentialsAsync("first.last", { aws_access_key_id: "ASIAEXAMPLE" }));
JS
look() {
    PYTHONPATH=root/usr/lib/python3/dist-packages /usr/bin/python3 read.py
    echo "comments: $(grep -c '^#' config || true)"
}
{
    look
    echo '--'
    node save.js
    look
} | tee seen
echo "python3-botocore $found"
diff - seen <<'END' || { echo "changed: this is no longer what the header says"; exit 1; }
first.last: no keys
build: {'s3': {'addressing_style': 'path'}}
session: https://example.awsapps.com/start#/
deploy: IQoJb3JpZ2luX2VjEXAMPLE==
comments: 1
--
first.last: no keys
build: {'s3': '', 'addressing_style': 'path'}
session: https://example.awsapps.com/start
deploy: "IQoJb3JpZ2luX2VjEXAMPLE=="
comments: 0
END
