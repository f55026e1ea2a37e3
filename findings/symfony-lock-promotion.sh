#!/bin/bash
# symfony-lock-promotion - a reader that asks to write, and is refused, has lost its lock, and is not told.
#
# Version    php-symfony-lock 5.4 with php8.2-cli 8.2 (Debian 12; the packages' numbers are printed).
# Behaviour  A lock of Symfony that was taken by acquireRead() becomes one to write by acquire(). In a FlockStore, the one
#            for files, that is refused while there is another reader: acquire() is false, as for anybody who comes too
#            late. But the file is closed with it, and the lock to read that was held till then is gone.
#            isAcquired() is true all the same, and stays so when a writer has entered beside the reader. Only
#            release() finds out, and its TypeError of a closed file does not tell that the lock was lost.
# Seen       Two readers; one asks for acquire(): false, isAcquired() true. The other leaves, a writer comes: it is in,
#            isAcquired() of the first true; release(): TypeError. Without that acquire(): the writer is kept out,
#            release() is well. One would expect that both times.
#
# Needs apt and the network of Debian's packages; installs into a temporary folder.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
for pinned in php-symfony-lock=5.4 php8.2-cli=8.2; do
    found=$(apt-cache madison "${pinned%=*}" | awk -v v="${pinned#*=}" 'index($3, v) == 1 { print $3; exit }')
    { [ -n "$found" ] && apt-get download -q "${pinned%=*}=$found" >/dev/null 2>&1; } ||
        { echo "cannot fetch $pinned"; exit 77; }
    echo "${pinned%=*} $found"
done
apt-get download -q php8.2-common libargon2-1 libsodium23 libxml2 libicu72 libedit2 libpcre2-8-0 php-psr-log \
    php-symfony-deprecation-contracts >/dev/null 2>&1 || { echo "cannot fetch what they need"; exit 77; }
for package in ./*.deb; do dpkg-deb -x "$package" root; done
mkdir locks
cat >locks.php <<'PHP'
<?php
require_once 'Symfony/Component/Lock/autoload.php';
use Symfony\Component\Lock\LockFactory;
use Symfony\Component\Lock\Store\FlockStore;
$lock = fn ($name) => (new LockFactory(new FlockStore('locks')))->createLock($name);
$said = fn (bool $acquired) => $acquired ? 'true' : 'false';
foreach ([true, false] as $asks) {
    [$reader, $other, $writer] = array_map($lock, array_fill(0, 3, "job $asks"));
    $reader->acquireRead();
    $other->acquireRead();
    echo $asks ? "asks to write: acquire() {$said($reader->acquire())}, " : 'only reads: ';
    echo "isAcquired() {$said($reader->isAcquired())}, ";
    $other->release();
    echo 'a writer is ', $writer->acquire() ? 'in' : 'kept out', ", isAcquired() {$said($reader->isAcquired())}, ";
    try {
        $reader->release();
        echo "release() is well\n";
    } catch (Throwable $error) {
        echo 'release() is ', get_class($error), "\n";
    }
    $kept[] = [$reader, $writer]; // what they do at their end is no part of this
}
fflush(STDOUT);
posix_kill(posix_getpid(), 9);
PHP
{
    LD_LIBRARY_PATH=$(echo "$work"/root/usr/lib/*-linux-gnu) root/usr/bin/php8.2 -n -d include_path=root/usr/share/php \
        -d "extension_dir=$(echo "$work"/root/usr/lib/php/20*)" -d extension=posix locks.php || true
} 2>/dev/null | tee seen
diff - seen <<'END' || { echo "changed: this is no longer what the header says"; exit 1; }
asks to write: acquire() false, isAcquired() true, a writer is in, isAcquired() true, release() is TypeError
only reads: isAcquired() true, a writer is kept out, isAcquired() true, release() is well
END
