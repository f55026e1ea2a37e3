#include "unit.h"

#include <unistd.h>

#include "base/report.h"
#include "run/messages.h"

#define SINCE_MS 1795243512000 /* 2026-11-21T06:45:12Z */
#define SINCE    "2026-11-21T06:45:12Z"
#define UNTIL    "2026-11-21T06:46:12Z" /* 60 s later */

#define NO_TIME_MS (1000LL * 1000 * 1000 * 1000 * 1000) /* no year of four digits */

static struct session session;

/* A session that waits behind this name. */
static void behind(const char *name)
{
    static const struct lock_settings settings = {
        .prefix = "p", .id = "me", .lock_timeout_ms = 900000, .slots = 1};
    session = (struct session){.config = {.lock = &settings}};
    lock_init(&session.lock, &settings, mono_now());
    struct lock_position *position = &session.lock.position;
    (void)snprintf(position->ahead_name, sizeof(position->ahead_name), "%s", name);
    position->behind = position->held = true;
    position->ahead = position->holders = 1;
    position->since_ms = SINCE_MS;
}

static void who_is_ahead_and_how_many(void **state)
{
    (void)state;
    static const struct {
        const char *name, *who, *behind;
        uint32_t ahead, holders;
        bool at_least;
        int64_t since_ms; /* 0: as always */
    } rows[] = {
        {"p/her#t900#q5", "'her' since " SINCE, "", 1, 1, false, 0},
        {"p/her#t900#q5#ldeploy", "'her' (deploy) since " SINCE, "behind 2", 3, 1, false, 0},
        {"p/h\x1b[mer#t900#q5", "'h?[mer' since " SINCE, "behind at least 0", 1, 1, true, 0},
        {"p/her#t900#q5", "'her' since " SINCE, "behind 1", 2, 0, false, 0},
        {"p/her#t900#h#e60", "'her' since " SINCE ", probably until " UNTIL, "", 1, 1, false, 0},
        {"p/her#t900#h#e60", "'her'", "", 1, 1, false, NO_TIME_MS},
        {"q/her#t900#q5", "somebody", "", 1, 1, false, 0},
        {"", "somebody", "", 1, 1, false, 0},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char who[MESSAGES_WHO_BYTES], text[MESSAGES_BEHIND_BYTES];
        behind(rows[i].name);
        session.lock.position.ahead = rows[i].ahead;
        session.lock.position.holders = rows[i].holders;
        session.lock.position.at_least = rows[i].at_least;
        if (rows[i].since_ms)
            session.lock.position.since_ms = rows[i].since_ms;
        messages_who(&session, who);
        messages_behind(&session, text);
        check_row(strcmp(who, rows[i].who) == 0, who);
        check_row(strcmp(text, rows[i].behind) == 0, text);
    }
}

static void why_it_was_not_obtained(void **state)
{
    (void)state;
    static const struct {
        enum lock_reason reason;
        enum error_kind kind;
        const char *says;
    } rows[] = {
        {LOCK_REASON_HELD, ERROR_NONE, "lock 'p' not obtained: held by 'her' since " SINCE},
        {LOCK_REASON_REPLACED, ERROR_NONE, "a newer run with the ID 'me' has taken our place"},
        {LOCK_REASON_UNSEEN, ERROR_NONE, "do not show yet what this run has made"},
        {LOCK_REASON_SLOW, ERROR_NONE, "making sure of that took too long"},
        {LOCK_REASON_UNCLEAN, ERROR_NONE, "has not been cleared away yet"},
        {LOCK_REASON_NAME_TAKEN, ERROR_INTERNAL, "exists already"},
        {LOCK_REASON_UNAVAILABLE, ERROR_UNAVAILABLE, "the service kept failing"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct error why;
        behind("p/her#t900#q5");
        session.lock.reason = rows[i].reason;
        messages_why_not_obtained(&session, &why);
        check_row(why.kind == rows[i].kind, rows[i].says);
        check_row(strstr(why.text, rows[i].says), why.text);
    }
    session.final_error = (struct error){.kind = ERROR_DENIED, .text = "not allowed"};
    struct error why;
    messages_why_not_obtained(&session, &why);
    assert_int_equal(why.kind, ERROR_DENIED);
    assert_string_equal(why.text, "not allowed");
}

static void why_it_was_lost(void **state)
{
    (void)state;
    struct error why;
    behind("p/her#t900#q5");
    messages_why_lost(&session, LOCK_REASON_OLDER_CLAIM, &why);
    assert_int_equal(why.kind, ERROR_LOST);
    assert_non_null(strstr(why.text, "an older claim is held by 'her' since " SINCE));
    messages_why_lost(&session, LOCK_REASON_GONE, &why);
    assert_non_null(strstr(why.text, "deleted by somebody else"));
    messages_why_lost(&session, LOCK_REASON_LEASE, &why);
    assert_non_null(strstr(why.text, "was this machine or process stopped?"));
    session.client.last_error = (struct error){.kind = ERROR_UNAVAILABLE, .text = "no route"};
    session.client.last_answer = mono_now();
    messages_why_lost(&session, LOCK_REASON_LEASE, &why);
    assert_non_null(strstr(why.text, ": no route"));
}

static void what_could_not_be_deleted_is_named_and_how_long_others_wait(void **state)
{
    (void)state;
    struct error why;
    behind("p/her#t900#q5");
    assert_false(messages_left(&session, &why));
    session.lock.mutex.state = LOCK_MUTEX_LEFT;
    assert_true(messages_left(&session, &why));
    assert_string_equal(why.text, "could not delete 'p/#mutex'; others remove it when they take us "
                                  "for dead, 905 s after it was made or somewhat later: no answer "
                                  "in time");
    session.lock.generations[0].state = LOCK_GENERATION_LEFT;
    session.lock.generations[0].ticket_ms = ATTEMPT_UNKNOWN;
    session.lock.generations[0].token = ATTEMPT_UNKNOWN;
    assert_true(messages_left(&session, &why));
    assert_string_equal(why.text, "could not delete 'p/me#t900' and 1 more; others wait until it "
                                  "expires, 900 s after it was made: no answer in time");
}

/* After another process: a name is known from a listing alone. */
static void without_a_listing_all_is_left(void **state)
{
    (void)state;
    struct error why;
    behind("");
    session.config.release_only = true;
    assert_true(messages_left(&session, &why));
    assert_non_null(strstr(why.text, "what 'p/me' has made stays until it expires"));
    session.lock.looks = 1;
    assert_false(messages_left(&session, &why));
}

/* What an event writes to standard error. */
static const char *written(void (*event)(void), bool json)
{
    static char text[4096];
    int pipes[2], kept = dup(STDERR_FILENO);
    assert_int_equal(pipe(pipes), 0);
    assert_true(kept >= 0 && dup2(pipes[1], STDERR_FILENO) >= 0);
    report_init(REPORT_VERBOSE, json);
    event();
    assert_true(dup2(kept, STDERR_FILENO) >= 0);
    (void)close(kept);
    (void)close(pipes[1]);
    ssize_t got = read(pipes[0], text, sizeof(text) - 1);
    (void)close(pipes[0]);
    text[got > 0 ? got : 0] = '\0';
    return text;
}

static void acquired(void)
{
    messages_acquired(&session, 1234);
}

static void ended(void)
{
    messages_ended(&session, 3, 5);
}

static void not_obtained(void)
{
    messages_not_obtained(&session, "line", 5, false);
}

static void refused(void)
{
    messages_refused(1);
}

static void messages_are_lines_or_objects(void **state)
{
    (void)state;
    behind("");
    assert_string_equal(written(acquired, false),
                        "withlock: acquired lock 'p' as 'me' after 1.234 s\n");
    const char *object = written(acquired, true);
    assert_non_null(strstr(object, "\"event\":\"acquired\""));
    assert_non_null(strstr(object, "\"mode\":\"exclusive\",\"slots\":1,"));
    assert_non_null(strstr(object, "\"waited_ms\":1234"));
    assert_string_equal(written(ended, false), ""); /* the summary says it */
    assert_non_null(strstr(written(ended, true), "\"status\":3,\"ran_ms\":5"));
    behind("p/her#t900#h#e60");
    object = written(not_obtained, true);
    assert_non_null(strstr(object, "\"since\":\"" SINCE "\",\"expected_end\":\"" UNTIL "\"}"));
    behind("p/her#t900#h");
    assert_non_null(strstr(written(not_obtained, true), "\"since\":\"" SINCE "\"}"));
    assert_non_null(strstr(written(refused, false), "process 1 belongs to root and may not"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_is_ahead_and_how_many),
        cmocka_unit_test(why_it_was_not_obtained),
        cmocka_unit_test(why_it_was_lost),
        cmocka_unit_test(what_could_not_be_deleted_is_named_and_how_long_others_wait),
        cmocka_unit_test(without_a_listing_all_is_left),
        cmocka_unit_test(messages_are_lines_or_objects),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
