#!/bin/bash
# php-async-aws-profiles - AsyncAws acts without the role that a profile names, and loses a file for a comment.
#
# Version    php-async-aws-core 1.18.1 with php8.2-cli 8.2 (Debian 12), beside python3-botocore 1.29.27, the library of
#            the AWS CLI; the packages' numbers are printed.
# Behaviour  1. A profile may have keys of its own and a role that they are for: role_arn, and source_profile with the
#               profile's own name, as AWS documents. To AWS's tools the role counts. AsyncAws looks for keys first, and
#               works with the user's own rights: those of another account perhaps, or more than the role has.
#            2. Files are read by PHP's parser, to which "#" begins a comment at the start of a line only; AsyncAws makes
#               a ";" of it there. An indented comment is read as settings, and if there is a bracket in it, the
#               whole file counts as not there: no profile, no region. us-east-1 is taken, and no keys, so
#               that the instance's are looked for. PHP prints a warning, if warnings are on.
# Seen       Role: botocore assume-role, AsyncAws the user's key. Source elsewhere: the role, by both. "  # old (June)":
#            botocore eu-west-1 and assume-role, AsyncAws us-east-1 and none. "# old (June)": as without.
#
# Needs apt, python3 and the network of Debian's packages; installs into a temporary folder.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
for pinned in php-async-aws-core=1.18.1 php8.2-cli=8.2 python3-botocore=1.29.27; do
    found=$(apt-cache madison "${pinned%=*}" | awk -v v="${pinned#*=}" 'index($3, v) == 1 { print $3; exit }')
    { [ -n "$found" ] && apt-get download -q "${pinned%=*}=$found" >/dev/null 2>&1; } ||
        { echo "cannot fetch $pinned"; exit 77; }
    echo "${pinned%=*} $found"
done
apt-get download -q php8.2-{common,xml} libargon2-1 libsodium23 libxml2 libicu72 libedit2 libpcre2-8-0 \
    php-symfony-{http-client,http-client-contracts,service-contracts,deprecation-contracts} php-psr-{log,cache,container} \
    python3-{jmespath,dateutil,urllib3,six} >/dev/null 2>&1 || { echo "cannot fetch what they need"; exit 77; }
for package in ./*.deb; do dpkg-deb -x "$package" root; done
libraries=$(echo "$work"/root/usr/lib/*-linux-gnu)
extensions=$(echo "$work"/root/usr/lib/php/20*)
cat >ask.php <<'PHP'
<?php // whose keys a profile has, and its region; STS is in here
require_once 'AsyncAws/Core/autoload.php';
$sts = new Symfony\Component\HttpClient\MockHttpClient(fn () => new Symfony\Component\HttpClient\Response\MockResponse(
    '<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>'
    . '<AccessKeyId>assume-role</AccessKeyId><SecretAccessKey>example</SecretAccessKey><SessionToken>token</SessionToken>'
    . '<Expiration>2040-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>'));
$configuration = AsyncAws\Core\Configuration::create(['profile' => $argv[1]]);
$credentials = (new AsyncAws\Core\Credentials\IniFileProvider(null, null, $sts))->getCredentials($configuration);
echo $credentials ? $credentials->getAccessKeyId() : 'none', ', ', $configuration->get('region');
PHP
cat >ask.py <<'PYTHON'
import sys
import botocore.session
session = botocore.session.Session(profile=sys.argv[1])
print(session.get_credentials().method, session.get_config_variable("region"), sep=", ")
PYTHON
unset "${!AWS_@}"
export AWS_CONFIG_FILE=$work/config AWS_SHARED_CREDENTIALS_FILE=$work/credentials
for name in deploy base; do
    printf '[%s]\naws_access_key_id = key of the user\naws_secret_access_key = example\n' $name
done >credentials
ask() { # WHAT PROFILE COMMENT
    for name in deploy:deploy other:base; do
        printf '[profile %s]\nregion = eu-west-1\nrole_arn = arn:aws:iam::123456789012:role/deploy\nsource_profile = %s\n%s\n' \
            "${name%:*}" "${name#*:}" "$3"
    done >config
    echo "$1: botocore $(PYTHONPATH=$work/root/usr/lib/python3/dist-packages /usr/bin/python3 ask.py "$2")," \
        "AsyncAws $(LD_LIBRARY_PATH=$libraries root/usr/bin/php8.2 -n -d display_errors=0 -d include_path=root/usr/share/php \
            -d "extension_dir=$extensions" -d extension=dom -d extension=simplexml ask.php "$2" 2>/dev/null)"
}
{
    ask 'source elsewhere' other ''
    ask 'source itself' deploy ''
    ask 'comment' other '# old (June)'
    ask 'indented comment' other '  # old (June)'
} | tee seen
diff - seen <<'END' || { echo "changed: this is no longer what the header says"; exit 1; }
source elsewhere: botocore assume-role, eu-west-1, AsyncAws assume-role, eu-west-1
source itself: botocore assume-role, eu-west-1, AsyncAws key of the user, eu-west-1
comment: botocore assume-role, eu-west-1, AsyncAws assume-role, eu-west-1
indented comment: botocore assume-role, eu-west-1, AsyncAws none, us-east-1
END
