#!/bin/bash
# django-pglocks-failed-query - a query that fails within the lock leaves the lock taken.
#
# Version    python3-django-pglocks 1.0.4 with python3-django 3.2 and python3-psycopg2 2.9.5, on postgresql-15 15.20
#            (Debian 12; the packages' numbers are printed).
# Behaviour  "with advisory_lock(NAME):" is to give the lock back at its end, also after an error. But within a
#            transaction (atomic(), or ATOMIC_REQUESTS for all views) a query that fails, an IntegrityError say, makes
#            PostgreSQL refuse all others until the transaction's end, the one that unlocks among them, whose
#            error takes the place of the first. The transaction is rolled back, but advisory locks of a session
#            are not part of it: this connection keeps the lock, and with CONN_MAX_AGE that is for as long as the
#            worker runs. Later uses by the same worker get the lock once more, so that only the others find out.
# Seen       An error in Python within the lock: free afterwards. A division by zero in SQL: free afterwards without a
#            transaction; within one InternalError, and the lock is kept from others from then on. One would
#            expect DataError, and the lock to be free.
#
# Needs apt, python3, what PostgreSQL depends on apart from libllvm, libicu, libxml2 and libldap, and the network of
# Debian's packages; installs into a temporary folder.
set -euo pipefail
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || { kill -INT "$server"; wait "$server" || true; }; rm -rf "$work"' EXIT
cd "$work"
for pinned in python3-django-pglocks=1.0.4 python3-django=3:3.2 python3-psycopg2=2.9.5 postgresql-15=15.20; do
    found=$(apt-cache madison "${pinned%=*}" | awk -v v="${pinned#*=}" 'index($3, v) == 1 { print $3; exit }')
    { [ -n "$found" ] && apt-get download -q "${pinned%=*}=$found" >/dev/null 2>&1; } ||
        { echo "cannot fetch $pinned"; exit 77; }
    echo "${pinned%=*} $found"
done
apt-get download -q libpq5 libicu72 libxml2 libllvm14 libldap-2.5-0 python3-{asgiref,sqlparse,tz,six} >/dev/null 2>&1 ||
    { echo "cannot fetch what they need"; exit 77; }
for package in ./*.deb; do dpkg-deb -x "$package" root; done
LD_LIBRARY_PATH=$(echo "$work"/root/usr/lib/*-linux-gnu)
as_user=()
mkdir data
if [ "$(id -u)" = 0 ]; then # which PostgreSQL does not want to be
    as_user=(setpriv --reuid=nobody --clear-groups)
    chmod 755 .
    chown nobody data
fi
postgres() { LD_LIBRARY_PATH=$LD_LIBRARY_PATH "${as_user[@]}" "root/usr/lib/postgresql/15/bin/$1" -D data "${@:2}"; }
postgres initdb -A trust -U test --no-sync --no-locale -E UTF8 >server.log 2>&1
port=$((20000 + RANDOM % 10000))
LD_LIBRARY_PATH=$LD_LIBRARY_PATH "${as_user[@]}" root/usr/lib/postgresql/15/bin/postgres -D data -F \
    -c listen_addresses=127.0.0.1 -p "$port" -c unix_socket_directories= >>server.log 2>&1 &
server=$!
for _ in $(seq 200); do grep -qs 'ready to accept connections' server.log && break; sleep 0.1; done
cat >lock.py <<'PYTHON'
import contextlib, sys
import django
from django.conf import settings
database = {"ENGINE": "django.db.backends.postgresql", "NAME": "postgres", "USER": "test",
            "HOST": "127.0.0.1", "PORT": sys.argv[1]}
settings.configure(DATABASES={"default": database, "other": database})
django.setup()
from django.db import connection, transaction
from django_pglocks import advisory_lock
def python():
    return int("no number")
def sql():
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1/0")
def free():
    with advisory_lock("job", wait=False, using="other") as acquired:
        return "free" if acquired else "taken"
for work, around in ((python, transaction.atomic), (sql, contextlib.nullcontext), (sql, transaction.atomic)):
    try:
        with around(), advisory_lock("job"):
            work()
    except Exception as error:
        print(f"{work.__name__}, {around.__name__}: {type(error).__name__}, the lock is {free()}")
PYTHON
PYTHONPATH=$work/root/usr/lib/python3/dist-packages LD_LIBRARY_PATH=$LD_LIBRARY_PATH timeout 60 /usr/bin/python3 lock.py \
    "$port" | tee seen
diff - seen <<'END' || { echo "changed: this is no longer what the header says"; exit 1; }
python, atomic: ValueError, the lock is free
sql, nullcontext: DataError, the lock is free
sql, atomic: InternalError, the lock is taken
END
