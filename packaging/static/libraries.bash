# libraries.bash - how scripts/build-static builds each of its libraries, and withlock itself. Each
# function works in the unpacked source, installs below $prefix, and may use $arch, $triple, $jobs and
# the compiler withlock-cc, which is on the PATH.

# Nothing here is ever unwound: the tables for it would be a tenth of the program.
small='-ffunction-sections -fdata-sections -fno-asynchronous-unwind-tables'
optimized="-O2 $small -fstack-protector-strong"
case $arch in
amd64) optimized="$optimized -fcf-protection=full" ;;
arm64) optimized="$optimized -mbranch-protection=standard" ;;
esac

# The C library, and a compiler that uses it instead of the system's: withlock-cc. The kernel's
# headers are the system's. What paths there are in the outcome are the same on every machine.
build_musl() {
    local gcc=$triple-gcc headers=/usr/include where
    ./configure --prefix="$prefix" --disable-shared --disable-wrapper CROSS_COMPILE="$triple-" \
        CC="$gcc -ffile-prefix-map=$work=/build" CFLAGS="-O2 -fPIE"
    make -j "$jobs" install

    [ -e "$headers/$triple/asm" ] || headers=/usr/$triple/include
    for where in linux asm-generic; do ln -sfn "$headers/$where" "$prefix/include/$where"; done
    where=$headers/$triple/asm
    [ -e "$where" ] || where=$headers/asm
    ln -sfn "$where" "$prefix/include/asm"

    mkdir -p "$work/bin"
    sed -e "s|@prefix@|$prefix|g" -e "s|@include@|$("$gcc" -print-file-name=include)|g" \
        "$here/packaging/static/musl.specs" >"$work/bin/musl.specs"
    printf '#!/bin/sh\nexec %s %s -specs=%s -ffile-prefix-map=%s=/build "$@"\n' \
        "${WITHLOCK_COMPILER_LAUNCHER:-}" "$gcc" "$work/bin/musl.specs" "$work" >"$work/bin/withlock-cc"
    chmod +x "$work/bin/withlock-cc"
}

# TLS 1.2 and 1.3, X.509, SHA-2, HMAC, ECDSA: what withlock and libcurl call, nothing that is loaded
# at run time, and no configuration file, which would be that of another OpenSSL.
build_openssl() {
    local target=linux-x86_64 without
    [ "$arch" = amd64 ] || target=linux-aarch64
    without='shared dso engine module legacy async tests apps docs comp zlib autoload-config
        ssl3 tls1 tls1_1 dtls sctp quic srp srtp psk nextprotoneg ct ocsp http sock ts cms cmp rfc3779
        ui-console aria bf blake2 camellia cast des dsa gost idea md4 mdc2 ocb rc2 rc4 rmd160 scrypt
        seed siphash siv sm2 sm3 sm4 whirlpool ec2m slh-dsa ml-dsa argon2 weak-ssl-ciphers padlockeng
        afalgeng capieng trace fips sslkeylog'
    ./Configure $target --prefix=/usr --libdir=lib --openssldir=/etc/ssl --release \
        $(printf ' no-%s' $without) CC=withlock-cc AR="$triple-ar" RANLIB="$triple-ranlib" \
        CFLAGS="$optimized"
    # Whatever a provider has is gone through at each start: modes that TLS does not know go.
    sed -i -E '/^ *ALG\(PROV_NAMES_AES_[0-9]+_(CBC_CTS|OFB|CFB|CFB1|CFB8|XTS|WRAP(_PAD)?(_INV)?),/d' \
        providers/defltprov.c
    # AES-GCM for AVX-512 would be a sixth of the program, and nothing here sends megabytes: it is left
    # out as with an assembler that is too old for it.
    sed -i 's/\$avx512vaes = (\$1 >= 2.30)/$avx512vaes = 0/' crypto/modes/asm/aes-gcm-avx512.pl
    export SOURCE_DATE_EPOCH=0 # it tells when it was built
    make -j "$jobs" build_libs
    make install_dev DESTDIR="$PWD/installed" # their places are told in the library
    sed -i "s|^prefix=.*|prefix=$prefix|" installed/usr/lib/pkgconfig/*.pc
    cp -R installed/usr/. "$prefix/"
}

# HTTP and TLS, by way of an HTTP proxy where there is one.
build_curl() {
    local without
    without='shared ftp file ipfs ldap ldaps rtsp dict telnet tftp pop3 imap smb smtp gopher mqtt
        manual docs libcurl-option openssl-auto-load-config verbose bearer-auth digest-auth kerberos-auth
        negotiate-auth aws ntlm tls-srp unix-sockets cookies doh mime bindlocal form-api dateparse netrc
        progress-meter sha512-256 get-easy-options alt-svc hsts websockets dependency-tracking'
    ./configure --host="${triple/gnu/musl}" --prefix="$prefix" --enable-unity \
        $(printf ' --disable-%s' $without) --with-openssl="$prefix" \
        --without-ca-bundle --without-ca-path --without-ca-fallback --without-zlib --without-brotli \
        --without-zstd --without-libpsl --without-libidn2 --without-nghttp2 --without-libssh2 \
        CC=withlock-cc AR="$triple-ar" RANLIB="$triple-ranlib" CFLAGS="$optimized" \
        LDFLAGS=-static LIBS=-lpthread PKG_CONFIG_LIBDIR="$prefix/lib/pkgconfig"
    make -j "$jobs" -C lib libcurl.la # not its twin for curl's own tests
    make -C lib install-libLTLIBRARIES
    make -C include install
    make install-pkgconfigDATA
}

# The last release is fit for use by the corrections that Debian keeps.
build_yajl() {
    local version file major minor micro
    read -r version _ < <(pinned yajl)
    IFS=. read -r major minor micro <<<"$version"
    for file in $(cat ../yajl-patches/patches/series); do
        [[ $file != CVE-* ]] || patch -p1 <"../yajl-patches/patches/$file"
    done
    mkdir -p "$prefix/include/yajl" "$prefix/lib/pkgconfig"
    cp src/api/*.h "$prefix/include/yajl/"
    sed -e "s/[$]{YAJL_MAJOR}/$major/; s/[$]{YAJL_MINOR}/$minor/; s/[$]{YAJL_MICRO}/$micro/" \
        src/api/yajl_version.h.cmake >"$prefix/include/yajl/yajl_version.h"
    (cd src && withlock-cc $optimized -fPIE -DNDEBUG -I "$prefix/include" -c ./*.c)
    "$triple-ar" rcsD "$prefix/lib/libyajl.a" src/*.o
    printf '%s\n' "Name: yajl" "Description: JSON" "Version: $version" "Cflags: -I$prefix/include" \
        "Libs: -L$prefix/lib -lyajl" >"$prefix/lib/pkgconfig/yajl.pc"
}

build_withlock() {
    # as a copy, so that names of files in messages are the same from any folder; threads have the stack
    # that glibc would give them, or nearly
    (cd "$here" && git ls-files -z 2>/dev/null || find . -type f -print0) |
        tar -C "$here" --null -T - -cf - | tar -C "$work/withlock" -xf -
    printf '%s\n' '[binaries]' "c = 'withlock-cc'" "ar = '$triple-ar'" "strip = '$triple-strip'" \
        "pkgconfig = 'pkg-config'" '[built-in options]' "pkg_config_path = ''" \
        "c_args = [$(printf "'%s'," $small)]" \
        "c_link_args = ['-static-pie', '-Wl,--gc-sections', '-Wl,--build-id=none',
            '-Wl,-z,stack-size=1048576']" >"$work/machine"
    local machine=--native-file
    if [ "$arch" != "$(uname -m | sed 's/x86_64/amd64/; s/aarch64/arm64/')" ]; then
        machine=--cross-file
        printf '%s\n' '[host_machine]' "system = 'linux'" "cpu_family = '${triple%%-*}'" \
            "cpu = '${triple%%-*}'" "endian = 'little'" '[properties]' 'needs_exe_wrapper = true' \
            "pkg_config_libdir = '$prefix/lib/pkgconfig'" >>"$work/machine"
    fi
    PKG_CONFIG_LIBDIR=$prefix/lib/pkgconfig meson setup "$work/withlock/build" "$work/withlock" \
        $machine "$work/machine" --buildtype=release --prefer-static -Db_pie=true -Dtests=false \
        -Dcwlogs-local=disabled -Dmanual=disabled
    ninja -C "$work/withlock/build" src/withlock
    "$here/scripts/check-hardening" "$work/withlock/build/src/withlock"
}
