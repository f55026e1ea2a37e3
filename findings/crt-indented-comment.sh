#!/bin/bash
# crt-indented-comment - to the AWS CRT an indented comment is part of the key above it.
#
# Version    python3-awscrt 0.16.8, beside python3-botocore 1.29.27 (Debian 12).
# Behaviour  The AWS Common Runtime, which many of AWS's newer tools and SDKs have inside, reads the
#            config file by itself. A line that begins with a blank continues the value above it, also if
#            it is a comment, or a comment is all there is: in the profile's access key stands a line
#            end and "# rotated in June" then, and whoever signs with it is refused, or cannot write the
#            header. botocore and the AWS CLI skip a comment wherever it begins.
# Seen       Not indented: the key, from both. Indented, with # or ;: botocore has the key, the CRT
#            the key, a line end and the comment.
#
# Needs apt, python3 and the network of Debian's packages; installs into a temporary folder.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
pinned='^python3-awscrt=0[.]16[.]8|^python3-botocore=1[.]29[.]27'
mapfile -t found < <(apt-cache madison python3-awscrt python3-botocore |
    awk -v pinned="$pinned" '($1 "=" $3) ~ pinned && !had[$1]++ { print $1 "=" $3 }')
{ [ "${#found[@]}" = 2 ] && apt-get download -q "${found[@]}" python3-jmespath python3-dateutil \
    python3-urllib3 python3-six >/dev/null 2>&1; } || { echo "cannot fetch $pinned"; exit 77; }
for package in ./*.deb; do dpkg-deb -x "$package" root; done
echo "${found[@]}"

cat >ask.py <<'PYTHON'
import botocore.session
from awscrt import auth, io
group = io.EventLoopGroup(1)
bootstrap = io.ClientBootstrap(group, io.DefaultHostResolver(group))
provider = auth.AwsCredentialsProvider.new_profile(bootstrap, profile_name="deploy",
                                                   config_filepath="config", credentials_filepath="none")
print("botocore:", repr(botocore.session.Session(profile="deploy").get_credentials().access_key),
      "CRT:", repr(provider.get_credentials().result(30).access_key_id))
PYTHON
export AWS_CONFIG_FILE=$work/config AWS_SHARED_CREDENTIALS_FILE=$work/none
unset AWS_PROFILE AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN
: >none
for comment in '# rotated in June' '    # rotated in June' '    ; rotated in June'; do
    printf '[profile deploy]\nregion = eu-central-1\naws_access_key_id = AKIDEXAMPLE\n%s\n' "$comment" >config
    printf 'aws_secret_access_key = example\n' >>config
    PYTHONPATH=root/usr/lib/python3/dist-packages /usr/bin/python3 ask.py
done | tee seen
diff - seen <<'END' || { echo "changed: this is no longer what the header says"; exit 1; }
botocore: 'AKIDEXAMPLE' CRT: 'AKIDEXAMPLE'
botocore: 'AKIDEXAMPLE' CRT: 'AKIDEXAMPLE\n# rotated in June'
botocore: 'AKIDEXAMPLE' CRT: 'AKIDEXAMPLE\n; rotated in June'
END
