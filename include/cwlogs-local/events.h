/*
 * events - which events of a batch PutLogEvents takes, by their times and sizes.
 *
 * Those that are too old, expired or too new are passed over and told of; the others are taken. A
 * batch as a whole is refused if it is unordered, too large, or if what would be taken of it spans
 * more than a day. Source: botocore's model of logs 2014-03-28, PutLogEvents. Pure.
 */
#ifndef CWLOGS_LOCAL_EVENTS_H
#define CWLOGS_LOCAL_EVENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define EVENTS_MAX         10000   /* of a batch */
#define EVENTS_BATCH_BYTES 1048576 /* as events_add counts */
#define EVENTS_EXTRA_BYTES 26      /* that count for each event beside its message */

struct event {
    int64_t timestamp_ms;
    int64_t bytes; /* of its message, in UTF-8 */
};

/* The zero value is an empty batch. */
struct events {
    struct event *events; /* EVENTS_MAX of them at most */
    size_t count;         /* may be more than were kept */
    int64_t bytes;        /* of all: the messages and EVENTS_EXTRA_BYTES for each */
    bool unordered;
};

/* Adds one behind the others; -1 if memory ran out. */
int events_add(struct events *events, int64_t timestamp_ms, size_t message_bytes) MUST_USE;
void events_free(struct events *events); /* may run twice */

/* What is taken: those from `first` up to, not with, `end`; what they add up to. */
struct events_taken {
    size_t first, end;
    size_t too_old_end; /* those before it are older than 14 days; 0: none */
    size_t expired_end; /* ... or older than the group keeps events; 0: none */
    size_t too_new;     /* from there on they are more than 2 h ahead; `count`: none */
    int64_t first_ms, last_ms, bytes;
    bool span_too_long; /* more than 24 h: nothing is taken */
};

/* For a batch that is ordered and of at most EVENTS_MAX. retention_days: 0 for no end. */
struct events_taken events_choose(const struct events *events, int64_t now_ms,
                                  int64_t retention_days);

#endif
