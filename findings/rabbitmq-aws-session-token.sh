#!/bin/bash
# rabbitmq-aws-session-token - RabbitMQ uses temporary keys without the token that belongs to them.
#
# Version    rabbitmq-server 3.10.8 with erlang-base 25.2.3 (Debian 12; the packages' numbers are printed).
# Behaviour  RabbitMQ's own client for AWS (rabbitmq_aws, by which nodes find their peers) takes keys from the
#            environment, from ~/.aws/credentials, or from the instance. Temporary ones, as a role or SSO
#            gives them, have a token, without which AWS does not accept them. It reads key id and secret,
#            and passes over AWS_SESSION_TOKEN and aws_session_token, without a word; the
#            token of an instance's keys is sent.
# Seen       Id, secret and token, by variables and by file: {ok, Id, Secret, undefined, undefined}; the
#            last is the token. One would expect it to be there, or an error.
#
# Needs apt and the network of Debian's packages; installs into a temporary folder.
set -euo pipefail
rabbitmq=3.10.8 erlang=25.2.3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
newest() { apt-cache madison "$1" | awk -v v="$2" 'index($3, v) { print $3; exit }'; }
server=$(newest rabbitmq-server "$rabbitmq") base=$(newest erlang-base "$erlang")
{ [ -n "$server" ] && [ -n "$base" ] && apt-get download -q "rabbitmq-server=$server" "erlang-base=$base" libtinfo6 \
    >/dev/null 2>&1; } || { echo "cannot fetch rabbitmq-server $rabbitmq or erlang-base $erlang"; exit 77; }
for package in ./*.deb; do dpkg-deb -x "$package" root; done
export ROOTDIR=$work/root/usr/lib/erlang EMU=beam PROGNAME=erl
BINDIR=$(echo "$ROOTDIR"/erts-*/bin)
export BINDIR
plugins=$(echo root/usr/lib/rabbitmq/lib/*/plugins)
ask() { # what credentials/0 of rabbitmq_aws returns
    "$BINDIR/erlexec" -boot "$ROOTDIR/bin/no_dot_erlang" -noshell -noinput -pa "$plugins"/rabbitmq_aws-*/ebin \
        "$plugins"/rabbit_common-*/ebin -eval 'io:format("~p~n", [rabbitmq_aws_config:credentials()]), halt().'
}
export HOME=$work AWS_EC2_METADATA_DISABLED=true
unset AWS_PROFILE AWS_DEFAULT_PROFILE AWS_CONFIG_FILE AWS_SHARED_CREDENTIALS_FILE
mkdir .aws
printf '[default]\naws_access_key_id = %s\naws_secret_access_key = %s\naws_session_token = %s\n' \
    ASIAEXAMPLE example IQoJb3JpZ2luX2VjEXAMPLE >.aws/credentials
{
    echo "variables: $(AWS_ACCESS_KEY_ID=ASIAEXAMPLE AWS_SECRET_ACCESS_KEY=example \
        AWS_SESSION_TOKEN=IQoJb3JpZ2luX2VjEXAMPLE ask)"
    echo "file: $(ask)"
} | tee seen
echo "rabbitmq-server $server, erlang-base $base"
diff - seen <<'END' || { echo "changed: this is no longer what the header says"; exit 1; }
variables: {ok,"ASIAEXAMPLE","example",undefined,undefined}
file: {ok,"ASIAEXAMPLE","example",undefined,undefined}
END
