#!/bin/bash
# botocore-section-names - a section of the config file is a profile if it only begins like one.
#
# Version    python3-botocore 1.29.27 (Debian 12).
# Behaviour  AWS documents sections [default] and [profile NAME], and that others are passed over.
#            botocore takes any section whose name begins with "profile" and has two words: the keys
#            of [profilex build] and of [profiles build] are those of profile "build".
# Seen       [profile build]: the profile. [profilex build] and [profiles build]: the profile, too.
#            [my-profile build] and [build]: no such profile.
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
import sys

import botocore.exceptions
import botocore.session

with open("config", "w", encoding="utf-8") as file:
    file.write(f"{sys.argv[1]}\naws_access_key_id = ID\naws_secret_access_key = SECRET\n")
try:
    print(botocore.session.Session(profile="build").get_credentials().access_key)
except botocore.exceptions.ProfileNotFound:
    print("none")
PYTHON
ask() {
    env -i PATH="$PATH" HOME="$work" AWS_CONFIG_FILE="$work/config" AWS_EC2_METADATA_DISABLED=true \
        PYTHONPATH="$work/root/usr/lib/python3/dist-packages" /usr/bin/python3 ask.py "$1"
}
echo "python3-botocore $found"
seen=
for section in '[profile build]' '[profilex build]' '[profiles build]' '[my-profile build]' '[build]'; do
    got=$(ask "$section")
    echo "$section  $got"
    seen="$seen $got"
done
[ "$seen" = " ID ID ID none none" ] ||
    { echo "changed: this is no longer what the header says"; exit 1; }
