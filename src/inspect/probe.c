#include "inspect/probe.h"

#include <stdio.h>
#include <string.h>

#include "base/date.h"
#include "base/json.h"
#include "base/report.h"
#include "run/identity.h"

#define ARN_BYTES      2048
#define ACCOUNT_COLONS 4 /* arn:partition:logs:region:ACCOUNT: */
#define NO_WAKEUP      ((struct wakeup_source){.fd = -1})

static const struct {
    const char *name;
    enum logs_operation operation;
} actions[CHECK_ACTIONS] = {
    [CHECK_DESCRIBE] = {"logs:DescribeLogGroups", LOGS_DESCRIBE},
    [CHECK_CREATE] = {"logs:CreateLogGroup", LOGS_CREATE},
    [CHECK_DELETE] = {"logs:DeleteLogGroup", LOGS_DELETE},
    [CHECK_STREAMS] = {"logs:DescribeLogStreams", LOGS_DESCRIBE_STREAMS},
    [CHECK_TAGS] = {"logs:TagResource", LOGS_CREATE},
};

const char *check_action_name(enum check_action action)
{
    return actions[action].name;
}

/* A time by the wall clock is made of three readings in whole ms, rounded down: it may be so far
 * off. */
#define READ_MS 2

static void note(struct check *check, const struct client_call *reply)
{
    struct wall date;
    const struct http_answer *answer = &reply->answer;
    if (answer->status == 0)
        return;
    measure_trip_add(&check->trips, mono_diff(answer->received, answer->sent));
    if (!*answer->age && date_parse_http(text_from(answer->date), &date) == 0)
        measure_clock_add(&check->clock, date.ms, answer->sent.ms + check->wall_base_ms - READ_MS,
                          answer->received.ms + check->wall_base_ms + READ_MS);
}

/*
 * One request, tried again until it is answered. Returns 0 if it was allowed (DONE, EXISTS or
 * ABSENT), or if the permission is missing, which *ret_denied says; the caller then frees
 * *ret_reply. -1 for everything else.
 */
static int call(struct check *check, enum check_action action, const char *name, bool *ret_denied,
                struct client_call *ret_reply, struct error *err)
{
    const char *tags = action == CHECK_CREATE ? check->inspect.plan->tags : NULL;
    for (unsigned tries = 1;; tries++) {
        *ret_reply = (struct client_call){.operation = actions[action].operation,
                                          .name = name,
                                          .more = tags,
                                          .deadline = mono_add(mono_now(), CLIENT_PAGE_MS),
                                          .counted = true};
        client_call(&check->inspect.client, ret_reply, &check->inspect.wakeup);
        note(check, ret_reply);
        *ret_denied = ret_reply->outcome == LOGS_REFUSED &&
                      strncmp(ret_reply->code, "AccessDenied", strlen("AccessDenied")) == 0;
        if (*ret_denied || ret_reply->outcome == LOGS_DONE || ret_reply->outcome == LOGS_EXISTS ||
            ret_reply->outcome == LOGS_ABSENT)
            return 0;
        *err = ret_reply->err;
        int64_t pause_ms = ret_reply->pause_ms;
        bool final = ret_reply->outcome == LOGS_REFUSED ||
                     check->inspect.interruption.number != 0 ||
                     ++check->failures > CHECK_FAILURES_MAX ||
                     (!ret_reply->throttled && tries >= check->inspect.aws.max_attempts);
        client_call_free(ret_reply);
        if (final)
            return -1;
        if (wait_until(&check->inspect.wakeup, mono_add(mono_now(), pause_ms)))
            return error_set(err, ERROR_LATER, "given up");
    }
}

static void read_account(struct check *check, const struct client_call *reply)
{
    const struct buf *body = &reply->answer.body;
    CLEAN(buf) struct buf arn = BUF(ARN_BYTES);
    struct json_pick pick = {.path = "logGroups[].arn", .value = &arn};
    if (json_pick(buf_view(body), LOGS_ANSWER_BYTES, &pick, 1, NULL) != 0)
        return;
    const char *at = buf_text(&arn);
    for (int i = 0; i < ACCOUNT_COLONS && at; i++) {
        at = strchr(at, ':');
        at = at ? at + 1 : NULL;
    }
    if (at)
        (void)text_printable(text_slice(at, strcspn(at, ":")), check->account,
                             sizeof(check->account));
}

/* Asks for something harmless, and remembers whether it was allowed. */
static int try_action(struct check *check, enum check_action action, const char *name,
                      struct error *err)
{
    struct client_call reply;
    struct error failure = {0};
    bool denied;
    if (call(check, action, name, &denied, &reply, &failure) != 0) {
        *err = failure;
        return -1;
    }
    enum check_action lacking = action;
    if (denied && action == CHECK_CREATE && strstr(reply.err.text, "TagResource\""))
        lacking = CHECK_TAGS;
    check->answers[lacking] = denied ? CHECK_DENIED : CHECK_ALLOWED;
    if (!denied && action == CHECK_CREATE && check->inspect.plan->tags)
        check->answers[CHECK_TAGS] = CHECK_ALLOWED;
    if (denied) {
        check->denials[lacking] = reply.err;
        char *statement = strstr(check->denials[lacking].text, LOGS_ALLOW);
        if (statement) /* it would allow probes only; one for the whole lock is shown at the end */
            *statement = '\0';
    }
    if (!denied && action == CHECK_DESCRIBE)
        read_account(check, &reply);
    client_call_free(&reply);
    return 0;
}

static void make_name(const struct check *check, const struct identity *identity, uint32_t number,
                      char out[ATTEMPT_NAME_BYTES + 1])
{
    struct attempt attempt = {.id = text_from(identity->id),
                              .lock_timeout_ms = check->inspect.plan->lock->lock_timeout_ms,
                              .generation = number,
                              .ticket_ms = ATTEMPT_UNKNOWN,
                              .token = ATTEMPT_UNKNOWN,
                              .slots = 1};
    attempt_format(check->inspect.plan->prefix, &attempt, out);
}

/* Is the probe in a listing? Sets also when that was asked for, and the probe's creation time. */
static int look(struct check *check, bool *ret_shown, struct mono *ret_asked, int64_t *created_ms,
                struct error *err)
{
    struct client_call reply;
    struct logs_listing listing = LOGS_LISTING;
    bool denied;
    if (call(check, CHECK_DESCRIBE, check->probe, &denied, &reply, err) != 0)
        return -1;
    if (denied)
        *err = reply.err;
    struct text body = buf_view(&reply.answer.body);
    int result = denied ? -1 : logs_listing_add(&listing, body, err);
    *ret_shown = false;
    for (uint32_t i = 0; result == 0 && i < listing.count; i++)
        if (text_equal(logs_listing_name(&listing, i), check->probe)) {
            *ret_shown = true;
            *created_ms = listing.groups[i].created_ms;
        }
    if (!*check->account)
        read_account(check, &reply);
    *ret_asked = reply.sent;
    logs_listing_free(&listing);
    client_call_free(&reply);
    return result;
}

/*
 * Looks until a listing shows the probe (or does not show it any more, as `shown` says), for
 * CHECK_APPEAR_MS at most, and adds the lag. sent, answered: of the request that changed it.
 */
static int wait_until_shown(struct check *check, bool shown, struct mono sent, struct mono answered,
                            struct measure_lag *lag, int64_t *created_ms, struct error *err)
{
    int64_t missed_ms = MEASURE_NEVER;
    for (;;) {
        bool is_shown;
        struct mono asked;
        if (look(check, &is_shown, &asked, created_ms, err) != 0)
            return -1;
        struct mono now = mono_now();
        int64_t passed_ms = mono_diff(now, sent);
        if (is_shown == shown || passed_ms >= CHECK_APPEAR_MS) {
            measure_lag_add(lag, missed_ms, passed_ms);
            return 0;
        }
        missed_ms = ms_max(0, mono_diff(asked, answered));
        int64_t pause_ms = ms_max(passed_ms / CHECK_PAUSE_SHARE, CHECK_PAUSE_MS);
        if (wait_until(&check->inspect.wakeup, mono_add(now, pause_ms)))
            return error_set(err, ERROR_LATER, "given up");
    }
}

/* Creates or deletes the probe, and tells when that was sent and answered. */
static int change(struct check *check, enum check_action action, struct mono *ret_sent,
                  struct mono *ret_answered, struct error *err)
{
    struct client_call reply;
    bool denied;
    if (call(check, action, check->probe, &denied, &reply, err) != 0)
        return -1;
    *ret_sent = reply.sent;
    *ret_answered = reply.answer.received;
    if (denied)
        *err = reply.err;
    client_call_free(&reply);
    return denied ? -1 : 0;
}

static int round_trip(struct check *check, const struct identity *identity, uint32_t number,
                      struct error *err)
{
    struct mono sent, answered;
    int64_t created_ms = ATTEMPT_UNKNOWN;
    make_name(check, identity, number, check->probe);
    if (change(check, CHECK_CREATE, &sent, &answered, err) != 0 ||
        wait_until_shown(check, true, sent, answered, &check->created, &created_ms, err) != 0)
        return -1;
    int64_t took_ms = mono_diff(answered, sent);
    if (created_ms != ATTEMPT_UNKNOWN)
        measure_skew_add(&check->skew, created_ms - (sent.ms + took_ms / 2 + check->wall_base_ms));
    check->create_ms = ms_max(check->create_ms, took_ms);
    if (change(check, CHECK_DELETE, &sent, &answered, err) != 0 ||
        wait_until_shown(check, false, sent, answered, &check->deleted, &created_ms, err) != 0)
        return -1;
    check->probe[0] = '\0';
    return 0;
}

/* Deletes what an earlier check has left and has expired. A delete that fails does not matter. */
static int clear_away(struct check *check, struct error *err)
{
    struct inspect_view view;
    if (inspect_look(&check->inspect, &view, err) != 0)
        return -1;
    for (uint32_t i = 0; i < view.survey.count; i++) {
        const struct survey_run *run = &view.survey.runs[i];
        for (uint32_t k = run->first; k < run->first + run->count; k++) {
            char name[ATTEMPT_NAME_BYTES + 1];
            if (run->kind != SURVEY_ABANDONED || !run->marked)
                continue;
            (void)snprintf(name, sizeof(name), "%.*s", TEXT_ARGS(view.listing.entries[k].name));
            struct client_call reply = {.operation = LOGS_DELETE,
                                        .name = name,
                                        .deadline = mono_add(mono_now(), CLIENT_PAGE_MS),
                                        .counted = true};
            client_call(&check->inspect.client, &reply, &check->inspect.wakeup);
            client_call_free(&reply);
        }
    }
    inspect_view_free(&view);
    return 0;
}

static int measure(struct check *check, const struct identity *identity, struct error *err)
{
    struct mono begun = mono_now(), end = mono_add(begun, CHECK_TIME_MS);
    bool said = false; /* the user was told why it takes long */
    int result = clear_away(check, err);
    for (uint32_t i = 2; result == 0 && i < 2 + CHECK_ROUNDS && !mono_reached(mono_now(), end);
         i++) {
        if (mono_diff(mono_now(), begun) >= CHECK_FIRST_WORD_MS && (!said || report_in_place())) {
            report_progress("message", NULL, 0,
                            "measuring how late listings are, for up to %d s: round %u of %d",
                            CHECK_TIME_MS / 1000, check->created.rounds + 1, CHECK_ROUNDS);
            said = true;
        }
        result = round_trip(check, identity, i, err);
    }
    report_progress_end();
    return result;
}

/* Deletes the probe that may still be there, by a few tries that no signal cuts short. */
static void remove_probe(struct check *check)
{
    struct wakeup_source wakeup = NO_WAKEUP;
    for (unsigned tries = 0; *check->probe && tries < check->inspect.aws.max_attempts; tries++) {
        struct client_call reply = {.operation = LOGS_DELETE,
                                    .name = check->probe,
                                    .deadline = mono_add(mono_now(), CLIENT_GRACE_MS),
                                    .counted = true};
        client_call(&check->inspect.client, &reply, &wakeup);
        if (reply.outcome == LOGS_DONE || reply.outcome == LOGS_ABSENT)
            check->probe[0] = '\0';
        client_call_free(&reply);
    }
}

/*
 * Two questions about the mutex. Does the service refuse to create a name that exists? Asked with
 * our probe's name, which nobody else makes. And may a mutex's name, here below the probes' prefix,
 * be created?
 */
static int try_mutex(struct check *check, struct error *err)
{
    struct client_call reply;
    bool denied;
    if (call(check, CHECK_CREATE, check->probe, &denied, &reply, err) != 0)
        return -1;
    if (!denied)
        check->once = reply.outcome == LOGS_EXISTS ? CHECK_ONCE : CHECK_TWICE;
    client_call_free(&reply);
    remove_probe(check);
    if (*check->probe)
        return 0; /* the user will be told that this probe is left */
    attempt_format_shared(check->inspect.plan->prefix, ATTEMPT_MUTEX, 0, check->probe);
    return try_action(check, CHECK_CREATE, check->probe, err);
}

/* Tries each action. Harmless ones first: nothing is created unless it may be deleted as well. */
static int try_all(struct check *check, const struct identity *identity, struct error *err)
{
    char absent[ATTEMPT_NAME_BYTES + 1];
    make_name(check, identity, 0, absent);
    if (try_action(check, CHECK_DESCRIBE, absent, err) != 0 ||
        try_action(check, CHECK_STREAMS, absent, err) != 0 ||
        try_action(check, CHECK_DELETE, absent, err) != 0)
        return -1;
    if (check->answers[CHECK_DELETE] != CHECK_ALLOWED)
        return 0;
    make_name(check, identity, 1, check->probe);
    int result = try_action(check, CHECK_CREATE, check->probe, err);
    if (result != 0 || check->answers[CHECK_CREATE] != CHECK_ALLOWED)
        return result;
    return try_mutex(check, err);
}

int check_run(struct check *check, const struct inspect_plan *plan, struct error *err)
{
    struct identity identity;
    *check = (struct check){0};
    if (inspect_open(&check->inspect, plan, err) != 0)
        return -1;
    provider_report_shared(&check->inspect.client.provider, REPORT_WARNING);
    if (identity_make(&identity, NULL, wall_now(), err) != 0 ||
        attempt_check_length(plan->prefix, identity.id, NULL, err) != 0)
        return -1;
    check->wall_base_ms = wall_now().ms - mono_now().ms;
    struct error failure = {0};
    int result = try_all(check, &identity, &failure);
    remove_probe(check);
    if (result == 0 && check->answers[CHECK_DESCRIBE] == CHECK_ALLOWED &&
        check->answers[CHECK_CREATE] == CHECK_ALLOWED) {
        result = measure(check, &identity, &failure);
        remove_probe(check);
    }
    if (result != 0)
        *err = failure;
    return result;
}

void check_close(struct check *check)
{
    inspect_close(&check->inspect);
}
