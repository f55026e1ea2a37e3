#!/bin/bash
# js-section-comments - a comment right behind [profile x] gives its keys to the profile before.
#
# Version    @smithy/shared-ini-file-loader 4.4.1 (npm), with which the AWS SDK for JavaScript 3
#            reads ~/.aws/config.
# Behaviour  "[profile prod]; a comment" and "[profile prod]#comment" are no sections to it, as they
#            are to botocore and the AWS CLI; nor are they an error. What follows is read as more of
#            the section before, so that profile dev has the region, the role and the keys of prod.
#            With a blank before the comment it is a section.
# Seen       [profile prod]; comment: dev has prod's region, and there is no prod.
#            [profile prod] ; comment: two profiles. Debian's botocore: two profiles both times.
#
# Needs npm, node, apt, python3 and the network of npm and Debian; installs into a temporary folder.
set -euo pipefail
version=4.4.1
botocore=1.29.27
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
echo '{"private": true}' >package.json
npm install --silent --no-audit --no-fund "@smithy/shared-ini-file-loader@$version" >/dev/null 2>&1 ||
    { echo "cannot fetch @smithy/shared-ini-file-loader $version"; exit 77; }
found=$(apt-cache madison python3-botocore | awk -v v="$botocore" 'index($3, v) == 1 { print $3; exit }')
[ -n "$found" ] && apt-get download -q "python3-botocore=$found" python3-jmespath python3-dateutil \
    python3-urllib3 python3-six >/dev/null 2>&1 || { echo "cannot fetch python3-botocore $botocore"; exit 77; }
for package in ./*.deb; do dpkg-deb -x "$package" root; done

cat >ask.mjs <<'JS'
import { loadSharedConfigFiles } from "@smithy/shared-ini-file-loader";
const { configFile } = await loadSharedConfigFiles({ configFilepath: process.argv[2], filepath: "none" });
const region = (name) => configFile[name]?.region ?? "none";
console.log(`dev=${region("dev")} prod=${region("prod")}`);
JS
cat >ask.py <<'PYTHON'
import sys
import botocore.configloader
profiles = botocore.configloader.load_config(sys.argv[1])["profiles"]
print(*(f"{name}={profiles.get(name, {}).get('region', 'none')}" for name in ("dev", "prod")))
PYTHON
: >none
seen=
echo "@smithy/shared-ini-file-loader $version, python3-botocore $found"
for heading in '[profile prod]; comment' '[profile prod]#comment' '[profile prod] ; comment'; do
    printf '[profile dev]\nregion = eu-west-1\n\n%s\nregion = us-east-1\n' "$heading" >config
    js=$(node ask.mjs config)
    py=$(PYTHONPATH="$work/root/usr/lib/python3/dist-packages" /usr/bin/python3 ask.py config)
    printf '%-26s JavaScript: %-30s botocore: %s\n' "$heading" "$js" "$py"
    seen="$seen|$js|$py"
done
merged='dev=us-east-1 prod=none' two='dev=eu-west-1 prod=us-east-1'
[ "$seen" = "|$merged|$two|$merged|$two|$two|$two" ] ||
    { echo "changed: this is no longer what the header says"; exit 1; }
