#!/bin/bash
# sigv4-valid-requests - two signers of Debian sign another request than the one that is sent.
#
# Version    python3-aws-requests-auth 0.4.3 and libnet-amazon-signature-v4-perl 0.21, verified by python3-botocore
#            1.29.27 (Debian 12; the packages' numbers are printed).
# Behaviour  AWS documents of signature version 4 how a request is written down before it is signed: parameters sorted by
#            name, "//" in paths other than S3's made "/", blanks in a row within a header's value made one,
#            values of a header given twice in their order. 1. AWSRequestsAuth sorts whole parameters, "=" and all, so
#            that size2=1 comes before size=10 (as any name that goes on with a digit, "-" or "."), and leaves "//".
#            2. Net::Amazon::Signature::V4 takes of a value what stands before its first "=", which need not be
#            encoded there, keeps blanks in a row, and sorts the values of a header. Such requests are refused, with
#            a signature that does not match, and the plain ones of a test go through.
# Seen       See the end: accepted or refused by botocore's own computation. One would expect all to be accepted.
#
# Needs apt, python3, perl and the network of Debian's packages; installs into a temporary folder.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
for pinned in python3-aws-requests-auth=0.4.3 libnet-amazon-signature-v4-perl=0.21 python3-botocore=1.29.27; do
    found=$(apt-cache madison "${pinned%=*}" | awk -v v="${pinned#*=}" 'index($3, v) == 1 { print $3; exit }')
    { [ -n "$found" ] && apt-get download -q "${pinned%=*}=$found" >/dev/null 2>&1; } ||
        { echo "cannot fetch $pinned"; exit 77; }
    echo "${pinned%=*} $found"
done
apt-get download -q python3-{requests,urllib3,jmespath,dateutil,six,idna,chardet,certifi,charset-normalizer} \
    lib{http-message,uri,http-date,timedate,encode-locale,io-html,lwp-mediatypes,clone}-perl >/dev/null 2>&1 ||
    { echo "cannot fetch what they need"; exit 77; }
for package in ./*.deb; do dpkg-deb -x "$package" root; done
cat >sign.py <<'PYTHON'
# sign.py URL: signs, and prints the request's headers
import sys
import requests
from aws_requests_auth.aws_auth import AWSRequestsAuth
auth = AWSRequestsAuth("AKIDEXAMPLE", "example", "search.eu-west-1.es.amazonaws.com", "eu-west-1", "es")
for name, value in auth(requests.Request("GET", sys.argv[1]).prepare()).headers.items():
    print(name, value, sep=": ")
PYTHON
cat >sign.pl <<'PERL'
# sign.pl URL [NAME VALUE]...: signs, and prints the request's headers
use strict;
use warnings;
use HTTP::Request;
use Net::Amazon::Signature::V4;
my ($url, @headers) = @ARGV;
my $request = HTTP::Request->new(GET => $url, [@headers]);
print Net::Amazon::Signature::V4->new('AKIDEXAMPLE', 'example', 'eu-west-1', 'es')->sign($request)->headers->as_string;
PERL
cat >verify.py <<'PYTHON'
# verify.py URL: reads a signed request's headers, computes the signature anew, and compares
import re, sys
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
headers = [line.rstrip("\n").split(": ", 1) for line in sys.stdin if ": " in line]
said = next(value for name, value in headers if name.lower() == "authorization")
signed = re.search("SignedHeaders=([^,]*)", said)[1].split(";")
request = AWSRequest("GET", sys.argv[1], data=b"")
for name, value in headers:
    if name.lower() in signed and name.lower() != "host":
        request.headers.add_header(name, value)
signer = SigV4Auth(Credentials("AKIDEXAMPLE", "example"), "es", "eu-west-1")
request.context["timestamp"] = next(value for name, value in headers if name.lower() == "x-amz-date")
expected = signer.signature(signer.string_to_sign(request, signer.canonical_request(request)), request)
print("accepted" if said.endswith("Signature=" + expected) else "refused")
PYTHON
export PYTHONPATH=$work/root/usr/lib/python3/dist-packages PYTHONWARNINGS=ignore
PERL5LIB=$(echo root/usr/share/perl5 root/usr/lib/*/perl5/* | tr ' ' :)
export PERL5LIB
host=https://search.eu-west-1.es.amazonaws.com
verify() { /usr/bin/python3 verify.py "$host$1"; }
{
    for target in '/a?size=10&from=1' '/a?size=10&size2=1' '/a//b'; do
        echo "AWSRequestsAuth $target: $(/usr/bin/python3 sign.py "$host$target" | verify "$target")"
    done
    for target in '/a?size=10&size2=1' '/a//b' '/a?token=YQ%3D%3D' '/a?token=YQ=='; do
        echo "Net::Amazon::Signature::V4 $target: $(perl sign.pl "$host$target" | verify "$target")"
    done
    for note in 'a b' 'a  b'; do
        echo "Net::Amazon::Signature::V4 X-Note: $note: $(perl sign.pl $host/ X-Note "$note" | verify /)"
    done
    for note in 'a b' 'b a'; do
        twice=$(perl sign.pl $host/ X-Note "${note% *}" X-Note "${note#* }" | verify /)
        echo "Net::Amazon::Signature::V4 X-Note twice, $note: $twice"
    done
} | tee seen
diff - seen <<'END' || { echo "changed: this is no longer what the header says"; exit 1; }
AWSRequestsAuth /a?size=10&from=1: accepted
AWSRequestsAuth /a?size=10&size2=1: refused
AWSRequestsAuth /a//b: refused
Net::Amazon::Signature::V4 /a?size=10&size2=1: accepted
Net::Amazon::Signature::V4 /a//b: accepted
Net::Amazon::Signature::V4 /a?token=YQ%3D%3D: accepted
Net::Amazon::Signature::V4 /a?token=YQ==: refused
Net::Amazon::Signature::V4 X-Note: a b: accepted
Net::Amazon::Signature::V4 X-Note: a  b: refused
Net::Amazon::Signature::V4 X-Note twice, a b: accepted
Net::Amazon::Signature::V4 X-Note twice, b a: refused
END
