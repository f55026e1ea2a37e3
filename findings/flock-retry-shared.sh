#!/bin/bash
# flock-retry-shared - a reader that ends lets a writer in beside the readers that stay.
#
# Version    libfile-flock-retry-perl 0.632 (Debian 12; its package's number is printed).
# Behaviour  File::Flock::Retry locks a file by flock(2), shared or exclusive, and removes it at the end if it
#            is empty, as its manual says. That is sound for exclusive locks: who waits sees that the file is
#            another one by then. But the first of several shared holders removes the file, too, while the
#            others have their locks on what has no name any more; who comes then, exclusive or not,
#            makes a new file and is alone with it. A file with something in it has no such fault.
# Seen       Two readers in, a writer kept out; the first reader out: the writer is in, beside the second. With a
#            byte in the file: kept out until both are out.
#
# Needs apt, perl and the network of Debian's packages; installs into a temporary folder.
set -euo pipefail
version=0.632
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
found=$(apt-cache madison libfile-flock-retry-perl | awk -v v="$version" 'index($3, v) == 1 { print $3; exit }')
{ [ -n "$found" ] && apt-get download -q "libfile-flock-retry-perl=$found" >/dev/null 2>&1; } ||
    { echo "cannot fetch libfile-flock-retry-perl $version"; exit 77; }
dpkg-deb -x ./*.deb root
cat >lock.pl <<'PERL'
use strict;
use warnings;
use File::Flock::Retry;
# writer(FILE): whether another process gets an exclusive lock now
sub writer {
    my ($file) = @_;
    my $code = 'exit(eval { File::Flock::Retry->lock($ARGV[0], { retries => 0 }) } ? 0 : 1)';
    return system($^X, '-MFile::Flock::Retry', '-e', $code, $file) ? 'kept out' : 'in';
}
for my $file ('empty', 'filled') {
    my $first = File::Flock::Retry->lock($file, { shared => 1 });
    my $second = File::Flock::Retry->lock($file, { shared => 1 });
    my $beside_two = writer($file);
    $first->release;
    my $beside_one = writer($file);
    $second->release;
    print "$file file: beside two readers $beside_two, beside one $beside_one, then ", writer($file), "\n";
}
PERL
printf x >filled
PERL5LIB=root/usr/share/perl5 perl lock.pl | tee seen
echo "libfile-flock-retry-perl $found"
diff - seen <<'END' || { echo "changed: this is no longer what the header says"; exit 1; }
empty file: beside two readers kept out, beside one in, then in
filled file: beside two readers kept out, beside one kept out, then in
END
