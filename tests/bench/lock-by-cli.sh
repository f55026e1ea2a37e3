#!/bin/sh
# lock-by-cli.sh PREFIX COMMAND... - what a shell script makes of the lock with the AWS CLI: the
# calls of an uncontended withlock and its settle wait. It does not renew, does not watch over the
# command, and gives up where it would have to wait. AWS names the program, ENDPOINT the service.
set -eu
prefix=$1
shift
id=$(date +%Y%m%dT%H%M%SZ)-$$
attempt="$prefix/$id#t900"

logs() {
    "$AWS" --endpoint-url "$ENDPOINT" logs "$@"
}

first() {
    logs describe-log-groups --log-group-name-prefix "$prefix/" --output text \
        --query 'sort_by(logGroups, &creationTime)[0].[logGroupName, creationTime]'
}

logs create-log-group --log-group-name "$attempt"
settled=$(($(date +%s%3N) + 1000))
set -- "$(first)" "$@"
ticket=${1#*	}
[ "${1%%	*}" = "$attempt" ] || exit 1
shift
claim="$attempt#g1#q$ticket#h#k$ticket"
logs create-log-group --log-group-name "$claim"
left=$((settled - $(date +%s%3N)))
[ "$left" -le 0 ] || sleep "$(printf '0.%03d' "$left")"
case $(first) in "$attempt	"*) ;; *) exit 1 ;; esac
status=0
"$@" || status=$?
logs delete-log-group --log-group-name "$attempt"
logs delete-log-group --log-group-name "$claim"
exit "$status"
