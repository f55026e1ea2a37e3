#include "inspect/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/date.h"
#include "base/json.h"
#include "exit_status.h"
#include "inspect/probe.h"

#define KEY_SHOWN      4 /* characters of the access key's ID, as the AWS CLI shows it */
#define KEY_BYTES      32
#define POLICY_BYTES   4096
#define CLOCK_LIMIT_MS (5 * 60 * 1000) /* AWS refuses signatures that are older */
#define EXPIRY_SPAN_MS LOCK_GRACE_MS   /* front ends' clocks must agree to this */
#define PROBES         "/check"

/* What follows from what was found. */
struct findings {
    int64_t settle_ms, settle_with_roles_ms; /* called for */
    bool measured, settle_enough, denied;
    bool usable;               /* the service, with these settings */
    char policy[POLICY_BYTES]; /* "" if nothing is missing */
};

static bool is_missing(const struct check *check, enum check_action action)
{
    return check->answers[action] == CHECK_DENIED;
}

static void write_policy(const struct check *check, const char *prefix, char out[POLICY_BYTES])
{
    CLEAN(buf) struct buf policy = BUF(POLICY_BYTES - 1);
    char resource[ATTEMPT_NAME_BYTES + 128];
    (void)snprintf(resource, sizeof(resource), "arn:*:logs:%s:%s:log-group:%s/*",
                   check->inspect.client.region, *check->account ? check->account : "*", prefix);
    json_array(&policy, NULL);
    for (int listing = 1; listing >= 0; listing--) {
        bool any = false;
        for (enum check_action i = 0; i < CHECK_ACTIONS; i++) {
            if (!is_missing(check, i) || (i == CHECK_DESCRIBE) != (listing == 1))
                continue;
            if (!any) {
                json_object(&policy, NULL);
                json_string(&policy, "Effect", "Allow");
                json_array(&policy, "Action");
            }
            any = true;
            json_string(&policy, NULL, check_action_name(i));
        }
        if (!any)
            continue;
        json_array_end(&policy);
        json_string(&policy, "Resource", listing ? "*" : resource);
        json_object_end(&policy);
    }
    json_array_end(&policy);
    (void)snprintf(out, POLICY_BYTES, "%s", policy.length > 2 ? buf_text(&policy) : "");
}

static struct findings find(const struct check *check, const struct inspect_plan *plan,
                            const char *prefix)
{
    struct findings findings = {.measured = check->created.rounds > 0};
    int64_t lag_ms = check->created.late ? check->created.at_most_ms : 0;
    findings.settle_ms = measure_settle(lag_ms);
    findings.settle_with_roles_ms =
        measure_settle_with_roles(lag_ms, measure_skew_span(&check->skew), check->create_ms);
    findings.settle_enough = !findings.measured || plan->lock->settle_ms >= findings.settle_ms;
    findings.usable = findings.settle_enough && check->once != CHECK_TWICE;
    for (enum check_action i = 0; i < CHECK_ACTIONS; i++)
        findings.denied |= is_missing(check, i) && i != CHECK_STREAMS;
    write_policy(check, prefix, findings.policy);
    return findings;
}

static void masked_key(const struct check *check, char out[KEY_BYTES])
{
    const char *id = buf_text(&check->inspect.client.provider.keys.id);
    size_t length = strlen(id);
    (void)snprintf(out, KEY_BYTES, "****%s", length > 2 * KEY_SHOWN ? id + length - KEY_SHOWN : "");
}

/* "" if it is not known. */
static void expiry(const struct check *check, char out[DATE_ISO_BYTES])
{
    struct wall at = check->inspect.client.provider.keys.expires_at;
    out[0] = '\0';
    if (at.ms != CREDENTIALS_NEVER.ms)
        date_write_iso(at, out);
}

static void say_setting(const struct check *check, const char *prefix, struct buf *out)
{
    char key[KEY_BYTES], expires[DATE_ISO_BYTES];
    const struct client *client = &check->inspect.client;
    masked_key(check, key);
    expiry(check, expires);
    buf_addf(out, "lock           '%s', probed as '%s'\n", prefix, check->inspect.plan->prefix);
    buf_addf(out, "region         %s\nendpoint       %s\n", client->region, client->url);
    buf_addf(out, "credentials    key %s from %s%s%s\n", key, client->provider.keys.origin,
             *expires ? ", until " : "", expires);
    buf_addf(out, "account        %s\n", *check->account ? check->account : "not known");
}

static void say_permissions(const struct check *check, struct buf *out)
{
    static const char *const words[] = {"not tried", "allowed", "NOT ALLOWED"};
    for (enum check_action i = 0; i < CHECK_ACTIONS; i++) {
        if (i == CHECK_TAGS && !check->inspect.plan->tags)
            continue;
        buf_addf(out, "permission     %s: %s%s\n", check_action_name(i), words[check->answers[i]],
                 i == CHECK_STREAMS ? " (needed only to clear away what the Ansible role's "
                                      "contenders abandon)"
                                    : "");
    }
}

static void say_mutex(const struct check *check, struct buf *out)
{
    static const char *const words[] = {
        [CHECK_ONCE_UNTRIED] = "not tried",
        [CHECK_ONCE] = "a name can be made once only, as it should be",
        [CHECK_TWICE] = "A NAME CAN BE MADE TWICE: this service is no good for locks"};
    buf_addf(out, "mutex          %s\n", words[check->once]);
}

static void say_lag(const char *of, const struct measure_lag *lag, struct buf *out)
{
    if (lag->late)
        buf_addf(out,
                 "listing lag    %s: up to %lld ms (at most %lld ms); late in %u of %u "
                 "rounds\n",
                 of, (long long)lag->longest_ms, (long long)lag->at_most_ms, lag->late,
                 lag->rounds);
    else
        buf_addf(out,
                 "listing lag    %s: none seen in %u rounds (less than %lld ms, the time "
                 "to look)\n",
                 of, lag->rounds, (long long)lag->at_most_ms);
}

static void say_settle(const struct inspect_plan *plan, const struct findings *findings,
                       struct buf *out)
{
    buf_addf(out,
             "settle         this calls for --settle %.1f or more; %.1f where the Ansible "
             "role contends\n               it is %.1f: %s\n",
             (double)findings->settle_ms / 1000, (double)findings->settle_with_roles_ms / 1000,
             (double)plan->lock->settle_ms / 1000,
             !findings->settle_enough                                 ? "NOT ENOUGH"
             : plan->lock->settle_ms < findings->settle_with_roles_ms ? "enough, but not with the "
                                                                        "role"
                                                                      : "enough");
}

static void say_measured(struct check *check, const struct inspect_plan *plan,
                         const struct findings *findings, struct buf *out)
{
    int64_t ahead_ms = measure_clock_ahead(&check->clock);
    int64_t doubt_ms = measure_clock_doubt(&check->clock);
    int64_t span_ms = measure_skew_span(&check->skew);
    buf_addf(out, "round trip     %lld ms (from %lld to %lld, %u requests)\n",
             (long long)measure_trip_at(&check->trips, 50),
             (long long)measure_trip_at(&check->trips, 0),
             (long long)measure_trip_at(&check->trips, 100), check->trips.count);
    if (check->clock.answers && llabs(ahead_ms) <= doubt_ms)
        buf_addf(out, "clock          the service's and ours agree to %lld ms\n",
                 (long long)(llabs(ahead_ms) + doubt_ms));
    else if (check->clock.answers)
        buf_addf(out, "clock          the service's is %lld ms %s ours (give or take %lld ms)%s\n",
                 (long long)llabs(ahead_ms), ahead_ms < 0 ? "behind" : "ahead of",
                 (long long)doubt_ms,
                 llabs(ahead_ms) > CLOCK_LIMIT_MS ? "; beyond 5 min AWS refuses at first" : "");
    if (!findings->measured)
        return;
    say_lag("creates", &check->created, out);
    say_lag("deletes", &check->deleted, out);
    buf_addf(out, "creation times off by up to %lld ms either way, %lld ms between any two%s\n",
             (long long)(span_ms / 2), (long long)span_ms,
             span_ms > EXPIRY_SPAN_MS ? "; MORE THAN 5 s: expiry cannot be relied on" : "");
    say_settle(plan, findings, out);
}

static void say_denials(const struct check *check, const struct findings *findings, struct buf *out)
{
    for (enum check_action i = 0; i < CHECK_ACTIONS; i++)
        if (is_missing(check, i))
            buf_addf(out, "\n%s\n", check->denials[i].text);
    if (*findings->policy)
        buf_addf(out, "\nmissing in a policy:\n%s\n", findings->policy);
    if (*check->probe)
        buf_addf(out, "\ncould not delete the probe '%s'\n", check->probe);
}

static void json_lag(struct buf *out, const char *key, const struct measure_lag *lag)
{
    json_object(out, key);
    json_integer(out, "rounds", lag->rounds);
    json_integer(out, "late", lag->late);
    json_integer(out, "longest_ms", lag->longest_ms);
    json_integer(out, "at_most_ms", lag->at_most_ms);
    json_object_end(out);
}

static void json_setting(const struct check *check, const char *prefix, struct buf *out)
{
    static const char *const words[] = {"untried", "allowed", "denied"};
    char key[KEY_BYTES], expires[DATE_ISO_BYTES];
    const struct client *client = &check->inspect.client;
    masked_key(check, key);
    expiry(check, expires);
    json_string(out, "lock", prefix);
    json_string(out, "probes", check->inspect.plan->prefix);
    json_string(out, "region", client->region);
    json_string(out, "endpoint", client->url);
    json_object(out, "credentials");
    json_string(out, "source", client->provider.keys.origin);
    json_string(out, "key", key);
    json_string(out, "account", *check->account ? check->account : NULL);
    json_string(out, "expires", *expires ? expires : NULL);
    json_object_end(out);
    json_object(out, "permissions");
    for (enum check_action i = 0; i < CHECK_ACTIONS; i++)
        if (i != CHECK_TAGS || check->inspect.plan->tags)
            json_string(out, check_action_name(i), words[check->answers[i]]);
    json_object_end(out);
    if (*check->probe)
        json_string(out, "left", check->probe);
}

static void write_json(struct check *check, const struct inspect_plan *plan, const char *prefix,
                       const struct findings *findings, struct buf *out)
{
    json_object(out, NULL);
    json_bool(out, "ok", !findings->denied && findings->usable && !*check->probe);
    json_setting(check, prefix, out);
    if (check->once != CHECK_ONCE_UNTRIED)
        json_bool(out, "made_once", check->once == CHECK_ONCE);
    if (*findings->policy)
        json_raw(out, "missing_statements", text_from(findings->policy));
    json_object(out, "round_trip_ms");
    json_integer(out, "median", measure_trip_at(&check->trips, 50));
    json_integer(out, "lowest", measure_trip_at(&check->trips, 0));
    json_integer(out, "highest", measure_trip_at(&check->trips, 100));
    json_object_end(out);
    if (check->clock.answers) {
        json_integer(out, "clock_ahead_ms", measure_clock_ahead(&check->clock));
        json_integer(out, "clock_doubt_ms", measure_clock_doubt(&check->clock));
    }
    if (findings->measured) {
        json_lag(out, "create_lag", &check->created);
        json_lag(out, "delete_lag", &check->deleted);
        json_integer(out, "creation_time_skew_ms", measure_skew_span(&check->skew) / 2);
        json_object(out, "settle");
        json_integer(out, "is_ms", plan->lock->settle_ms);
        json_integer(out, "needed_ms", findings->settle_ms);
        json_integer(out, "needed_with_roles_ms", findings->settle_with_roles_ms);
        json_bool(out, "enough", findings->settle_enough);
        json_object_end(out);
    }
    json_object_end(out);
    buf_add_char(out, '\n');
}

static int conclude(struct check *check, const struct inspect_plan *plan, bool json,
                    const char *prefix, struct buf *out, struct error *err)
{
    struct findings findings = find(check, plan, prefix);
    if (json) {
        write_json(check, plan, prefix, &findings, out);
    } else {
        say_setting(check, prefix, out);
        say_permissions(check, out);
        say_mutex(check, out);
        say_measured(check, plan, &findings, out);
        say_denials(check, &findings, out);
    }
    if (buf_check(out, "the report", err) != 0)
        return error_exit_status(err->kind);
    if (findings.denied)
        return EXIT_STATUS_DENIED;
    if (*check->probe)
        return EXIT_STATUS_UNAVAILABLE;
    return findings.usable ? 0 : EXIT_STATUS_CONFIG;
}

int check_lock(const struct inspect_plan *plan, bool json, struct buf *out, struct error *err)
{
    char probes[ATTEMPT_NAME_BYTES + sizeof(PROBES)];
    struct inspect_plan probe_plan = *plan;
    struct check *check = calloc(1, sizeof(*check));
    if (!check)
        return error_exit_status((error_set(err, ERROR_SYSTEM, "out of memory"), err->kind));
    (void)snprintf(probes, sizeof(probes), "%s" PROBES, plan->prefix); /* a prefix was checked */
    probe_plan.prefix = probes;
    int status = check_run(check, &probe_plan, err) == 0
                     ? conclude(check, plan, json, plan->prefix, out, err)
                     : inspect_failed(&check->inspect, err);
    check_close(check);
    free(check);
    return status;
}
