/*
 * answer - what a request is answered with, and the codes of the API's errors.
 *
 * An answer begins as 200 with an empty body. Writers add JSON to body, or call answer_fail,
 * which replaces what was written by {"__type":CODE,"message":TEXT}.
 */
#ifndef CWLOGS_LOCAL_ANSWER_H
#define CWLOGS_LOCAL_ANSWER_H

#include "base/buf.h"
#include "base/error.h"

#define ANSWER_BODY_BYTES ((size_t)80 * 1024 * 1024) /* the whole log, with the longest names */

/* How a request ended; for the log and the counts as well. */
enum outcome {
    OUTCOME_OK,
    OUTCOME_GROUP_EXISTS,
    OUTCOME_NOT_FOUND,
    OUTCOME_ABORTED,
    OUTCOME_THROTTLED,
    OUTCOME_LIMIT,
    OUTCOME_UNAVAILABLE,
    OUTCOME_INVALID_PARAMETER,
    OUTCOME_VALIDATION,
    OUTCOME_TOO_MANY_TAGS,
    OUTCOME_ACCESS_DENIED,
    OUTCOME_EXPIRED_TOKEN,
    OUTCOME_UNRECOGNIZED_CLIENT,
    OUTCOME_INVALID_SIGNATURE,
    OUTCOME_INCOMPLETE_SIGNATURE,
    OUTCOME_MISSING_TOKEN,
    OUTCOME_SERIALIZATION,
    OUTCOME_UNKNOWN_OPERATION,
    OUTCOME_TOO_LARGE,
    OUTCOME_LOST,    /* carried out as far as it could be, never answered */
    OUTCOME_DROPPED, /* cut before anything was done, as are the next two */
    OUTCOME_REFUSED,
    OUTCOME_HUNG,
    OUTCOME_COUNT,
};

/* The API's error code ("ThrottlingException"), or a word ("ok", "lost"). */
const char *outcome_name(enum outcome outcome);

/* The HTTP status it is answered with. */
int outcome_status(enum outcome outcome);

struct answer {
    enum outcome outcome;
    enum outcome invalid; /* what bad parameters are answered with: OUTCOME_INVALID_PARAMETER */
    int status;
    const char *content_type;
    struct buf body;
};

void answer_init(struct answer *answer);
void answer_free(struct answer *answer); /* may run twice */

void answer_fail(struct answer *answer, enum outcome outcome, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* For the control paths: one line of text with this status. */
void answer_line(struct answer *answer, int status, const char *line);

#endif
