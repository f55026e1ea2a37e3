#!/bin/bash
# openssl-init-digests - OpenSSL started without the names of digests takes SHA-256 for too weak.
#
# Version    libssl3 3.0 (Debian 12; its binary package's number is printed).
# Behaviour  OPENSSL_INIT_NO_ADD_ALL_DIGESTS is documented as leaving the digests out of a table by
#            name. In OpenSSL 3 digests are fetched, so a program that names none should do without,
#            and start sooner. But certificates are still checked by that table: without it a
#            signature by SHA-256 counts as one of 0 bits, and cannot be verified either. The error
#            is not that a digest is unknown, but that it is too weak.
#            OPENSSL_INIT_NO_ADD_ALL_CIPHERS has no such effect.
# Seen       a leaf and its CA, P-256 and SHA-256, at security level 1: "ok"; "ok" without ciphers'
#            names; without digests' names "CA signature digest algorithm too weak", and at level 0
#            "certificate signature failure".
#
# Needs apt, gcc, openssl and the network of Debian's packages; installs into a temporary folder.
set -euo pipefail
version=3.0.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
found=$(apt-cache madison libssl3 | awk -v v="$version" 'index($3, v) == 1 { print $3; exit }')
[ -n "$found" ] && apt-get download -q "libssl3=$found" "libssl-dev=$found" >/dev/null 2>&1 ||
    { echo "cannot fetch libssl3 $version"; exit 77; }
for package in ./*.deb; do dpkg-deb -x "$package" root; done
lib=$(dirname "$(find "$work/root" -name 'libcrypto.so.3')")

new_key='-newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -sha256'
openssl req -x509 $new_key -keyout ca.key -out ca.pem -days 30 -subj /CN=ca 2>/dev/null
openssl req $new_key -keyout leaf.key -out leaf.csr -subj /CN=leaf 2>/dev/null
openssl x509 -req -in leaf.csr -CA ca.pem -CAkey ca.key -CAcreateserial -sha256 -days 30 -out leaf.pem 2>/dev/null

cat >verify.c <<'C'
#include <openssl/pem.h>
#include <openssl/x509_vfy.h>
#include <stdio.h>
#include <stdlib.h>

static X509 *from(const char *name)
{
    FILE *file = fopen(name, "r");
    X509 *certificate = file ? PEM_read_X509(file, NULL, NULL, NULL) : NULL;
    if (!certificate)
        exit(2);
    fclose(file);
    return certificate;
}

int main(int argc, char **argv)
{
    unsigned long long flags = argv[argc - 2][0] == 'd'   ? OPENSSL_INIT_NO_ADD_ALL_DIGESTS
                               : argv[argc - 2][0] == 'c' ? OPENSSL_INIT_NO_ADD_ALL_CIPHERS
                                                          : 0;
    if (!OPENSSL_init_crypto(flags, NULL))
        return 2;
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *check = X509_STORE_CTX_new();
    X509_STORE_add_cert(store, from("ca.pem"));
    X509_STORE_CTX_init(check, store, from("leaf.pem"), NULL);
    X509_VERIFY_PARAM_set_auth_level(X509_STORE_CTX_get0_param(check), atoi(argv[argc - 1]));
    X509_verify_cert(check);
    puts(X509_verify_cert_error_string(X509_STORE_CTX_get_error(check)));
    return 0;
}
C
multiarch=$(dirname "$(dirname "$(find root -name configuration.h -path '*openssl*')")")
gcc -o verify verify.c -Iroot/usr/include -I"$multiarch" -L"$lib" -l:libcrypto.so.3
export LD_LIBRARY_PATH=$lib
all=$(./verify all 1)
no_ciphers=$(./verify ciphers 1)
no_digests=$(./verify digests 1)
no_level=$(./verify digests 0)
echo "libssl3 $found"
echo "all tables, level 1:            $all"
echo "no names of ciphers, level 1:   $no_ciphers"
echo "no names of digests, level 1:   $no_digests"
echo "no names of digests, level 0:   $no_level"
[ "$all/$no_ciphers/$no_digests/$no_level" = 'ok/ok/CA signature digest algorithm too weak/certificate signature failure' ] ||
    { echo "changed: this is no longer what the header says"; exit 1; }
