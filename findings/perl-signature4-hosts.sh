#!/bin/bash
# perl-signature4-hosts - what AWS::Signature4 does not know by its host it signs for S3 in us-east-1.
#
# Version    libaws-signature4-perl 1.02 (Debian 12; its package's number is printed).
# Behaviour  AWS::Signature4 finds service and region in the host of the request, and says that it must be
#            possible to derive them from it. It knows SERVICE.REGION.amazonaws.com. For AWS's other
#            forms, which name both as well, there is no error: the FIPS and the dual-stack
#            endpoint, a VPC endpoint and the European sovereign cloud are signed for s3, us-east-1, which is
#            not what the service accepts. A region that is given as an argument changes the region, not
#            the service.
# Seen       logs.eu-central-1.amazonaws.com: eu-central-1/logs. logs-fips.us-east-1.amazonaws.com,
#            logs.eu-central-1.api.aws, vpce-ID.logs.eu-central-1.vpce.amazonaws.com,
#            logs.eusc-de-east-1.amazonaws.eu: us-east-1/s3. One would expect logs, or an error.
#
# Needs apt, perl and the network of Debian's packages; installs into a temporary folder.
set -euo pipefail
version=1.02
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
found=$(apt-cache madison libaws-signature4-perl | awk -v v="$version" 'index($3, v) == 1 { print $3; exit }')
{ [ -n "$found" ] && apt-get download -q "libaws-signature4-perl=$found" libhttp-message-perl liburi-perl \
    libhttp-date-perl libtimedate-perl libencode-locale-perl libio-html-perl liblwp-mediatypes-perl \
    libclone-perl >/dev/null 2>&1; } || { echo "cannot fetch libaws-signature4-perl $version"; exit 77; }
for package in ./*.deb; do dpkg-deb -x "$package" root; done
cat >sign.pl <<'PERL'
use strict;
use warnings;
use AWS::Signature4;
use HTTP::Request;
my $signer = AWS::Signature4->new(-access_key => 'AKIDEXAMPLE', -secret_key => 'example');
sub scope { # scope(HOST, REGION...): REGION/SERVICE for which a request is signed
    my ($host, @region) = @_;
    my $request = HTTP::Request->new(POST => "https://$host/", ['X-Amz-Target' => 'Logs_20140328.DescribeLogGroups'], '{}');
    $signer->sign($request, @region);
    return $request->header('Authorization') =~ m{/\d{8}/([^,]*)/aws4_request} ? $1 : 'none';
}
printf "%s: %s, %s\n", $_, scope($_), scope($_, 'eu-west-3')
    for qw(logs.eu-central-1.amazonaws.com logs.cn-north-1.amazonaws.com.cn logs-fips.us-east-1.amazonaws.com
    logs.eu-central-1.api.aws vpce-0123456789abcdef0-example0.logs.eu-central-1.vpce.amazonaws.com
    logs.eusc-de-east-1.amazonaws.eu);
PERL
PERL5LIB=$(echo root/usr/share/perl5 root/usr/lib/*/perl5/* | tr ' ' :) perl sign.pl | tee seen
echo "libaws-signature4-perl $found"
diff - seen <<'END' || { echo "changed: this is no longer what the header says"; exit 1; }
logs.eu-central-1.amazonaws.com: eu-central-1/logs, eu-west-3/logs
logs.cn-north-1.amazonaws.com.cn: cn-north-1/logs, eu-west-3/logs
logs-fips.us-east-1.amazonaws.com: us-east-1/s3, eu-west-3/s3
logs.eu-central-1.api.aws: us-east-1/s3, eu-west-3/s3
vpce-0123456789abcdef0-example0.logs.eu-central-1.vpce.amazonaws.com: us-east-1/s3, eu-west-3/s3
logs.eusc-de-east-1.amazonaws.eu: us-east-1/s3, eu-west-3/s3
END
