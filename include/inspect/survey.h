/*
 * survey - who holds a lock, who waits, and what else lies about: a listing, sorted by runs.
 *
 * A plain function of a listing and of the service's now. It is for people: what counts is
 * decided by the lock's rules, from listings of its own.
 */
#ifndef INSPECT_SURVEY_H
#define INSPECT_SURVEY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "lock/attempt.h"
#include "lock/lock.h"

enum survey_kind {
    SURVEY_HOLDER,    /* a live claim; or the first live attempt of all, if it is a role's */
    SURVEY_WAITER,    /* in the order of the queue */
    SURVEY_ABANDONED, /* all its attempts are expired */
    SURVEY_STRANGER,  /* another unmarked log group: a role's attempt, or no attempt at all */
};

/* All that is known of one run. Texts are views into the listing; times are the service's. */
struct survey_run {
    enum survey_kind kind;
    bool marked;            /* a withlock's; else its timeout is only assumed */
    bool has_content;       /* no attempt, whatever its name */
    struct attempt attempt; /* as its newest name has it */
    uint32_t first, count;  /* its entries in the listing */
    int64_t since_ms;       /* holder: of its first claim; else of its ticket */
    int64_t renewed_ms;     /* its newest attempt was made */
    int64_t expires_ms;     /* renewed plus its timeout */
};

struct survey {
    struct survey_run *runs; /* in the order of kinds */
    uint32_t count;
    uint32_t counts[SURVEY_STRANGER + 1]; /* how many runs there are of each kind */
    uint32_t mutexes; /* docs/protocol.md, "The mutex"; more than holders: a dead run's, or late */
    int64_t mutex_ms; /* creation time of the oldest */
    bool unknown;     /* no holder, but not all was read: one may be among the rest */
};

/*
 * now_ms: the service's, in milliseconds since 1970. role_timeout_ms: after so long unmarked
 * attempts expire, since their names do not say. ERROR_SYSTEM without memory. The runs point into
 * the listing's names. To be freed by survey_free().
 */
int survey_make(struct survey *ret_survey, const char *prefix, const struct lock_listing *listing,
                int64_t now_ms, int64_t role_timeout_ms, struct error *err) MUST_USE;
void survey_free(struct survey *survey);

#endif
