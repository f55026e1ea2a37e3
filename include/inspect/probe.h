/*
 * probe - for --check: does everything work that a lock needs, and how good is the service?
 *
 * Makes and deletes probes, log groups PREFIX/check/ID#..., which are attempts at another lock
 * than PREFIX. What is left of an earlier check is cleared away once it has expired.
 */
#ifndef INSPECT_PROBE_H
#define INSPECT_PROBE_H

#include "aws/logs.h"
#include "inspect/inspect.h"
#include "inspect/measure.h"

#define CHECK_ROUNDS        24    /* of a create and a delete */
#define CHECK_TIME_MS       90000 /* no new round after this */
#define CHECK_FIRST_WORD_MS 2000  /* after this the user is told that it is measuring */
#define CHECK_APPEAR_MS     30000 /* longest wait for a change to show in a listing */
#define CHECK_PAUSE_MS      15    /* between looks, at least, */
#define CHECK_PAUSE_SHARE   10    /* or this share of the time that has passed */
#define CHECK_FAILURES_MAX  20    /* of requests, in all */
#define CHECK_ACCOUNT_BYTES 16

enum check_answer {
    CHECK_UNTRIED,
    CHECK_ALLOWED,
    CHECK_DENIED,
};

enum check_action {
    CHECK_DESCRIBE,
    CHECK_CREATE,
    CHECK_DELETE,
    CHECK_STREAMS, /* only for clearing away what role's contenders leave */
    CHECK_TAGS,    /* only with --tags */
    CHECK_ACTIONS,
};

/* Does the service refuse to create a name that exists? The mutex depends on it. */
enum check_once {
    CHECK_ONCE_UNTRIED,
    CHECK_ONCE,  /* as it should be */
    CHECK_TWICE, /* the service let us make what was there */
};

struct check {
    struct inspect inspect; /* its prefix is PREFIX/check */
    enum check_answer answers[CHECK_ACTIONS];
    struct error denials[CHECK_ACTIONS]; /* what the service said, where it is CHECK_DENIED */
    char account[CHECK_ACCOUNT_BYTES];   /* "" if it is not known */
    enum check_once once;
    struct measure_lag created, deleted;
    struct measure_skew skew;
    struct measure_clock clock;
    struct measure_trips trips;
    int64_t create_ms;    /* how long the longest create took, from request to answer */
    int64_t wall_base_ms; /* what to add to a struct mono to get our wall clock */
    unsigned failures;    /* requests that failed, of CHECK_FAILURES_MAX */
    char probe[ATTEMPT_NAME_BYTES + 1]; /* the one that exists, or may; "" if none does */
};

const char *check_action_name(enum check_action action); /* "logs:CreateLogGroup" */

/*
 * Returns 0 when it is through, also if something is not allowed. -1: nothing works (no region,
 * no or refused credentials, no answer), or a signal came. Probes are deleted in any case; one
 * that could not be stands in check->probe. check_close() afterwards.
 */
int check_run(struct check *check, const struct inspect_plan *plan, struct error *err) MUST_USE;
void check_close(struct check *check);

#endif
