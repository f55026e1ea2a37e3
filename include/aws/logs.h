/*
 * logs - the few requests to CloudWatch Logs that the lock needs, and what their answers mean.
 *
 * Builds requests (JSON 1.1, `Logs_20140328`), sorts every answer, reads listings. Never sends.
 * Error codes: the API reference of CreateLogGroup, DeleteLogGroup, DescribeLogGroups and
 * DescribeLogStreams.
 */
#ifndef AWS_LOGS_H
#define AWS_LOGS_H

#include <stdbool.h>
#include <stdint.h>

#include "aws/refusal.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "net/request.h"

#define LOGS_SERVICE        "logs"
#define LOGS_PAGE_GROUPS    50 /* DescribeLogGroups: the most a page holds */
#define LOGS_ANSWER_BYTES   (1024 * 1024)
#define LOGS_GROUPS_MAX     20000 /* of one listing, all pages */
#define LOGS_PAGES_MAX      10000 /* most of them may be of nested locks, and take no memory */
#define LOGS_NAME_BYTES     512
#define LOGS_PATTERN        "#" /* in the name of whatever a withlock makes, and hardly in others */
#define LOGS_TOKEN_BYTES    4096
#define LOGS_CREATED_MAX_MS ((int64_t)4102444800000) /* 2100-01-01: no log group is made later */
#define LOGS_NAMES_BYTES    (LOGS_GROUPS_MAX * LOGS_NAME_BYTES)
#define LOGS_ALLOW          "; allow it: {" /* in an error: begins the statement that is missing */

enum logs_operation {
    LOGS_CREATE,           /* CreateLogGroup */
    LOGS_DELETE,           /* DeleteLogGroup */
    LOGS_DESCRIBE,         /* DescribeLogGroups by prefix, one page */
    LOGS_DESCRIBE_STREAMS, /* DescribeLogStreams, limit 1 */
};

/*
 * Makes the request, ready to be signed. `name` is the log group, or the prefix to list; an
 * empty one lists what has LOGS_PATTERN in its name, whatever stands before it. `more`
 * may be NULL or "": for LOGS_DESCRIBE the token that continues a listing, for LOGS_CREATE the
 * tags, "KEY=VALUE,...", that logs_check_tags found good. The request must be new.
 */
int logs_request(struct request *request, const char *url, enum logs_operation operation,
                 const char *name, const char *more, struct error *err) MUST_USE;

/* Are these tags that CreateLogGroup takes? Else ERROR_USAGE with the tag and the limit. */
int logs_check_tags(const char *tags, struct error *err) MUST_USE;

/* Adds them to the body of a request, within its object; nothing for NULL or "". */
void logs_write_tags(const char *tags, struct buf *body);

enum logs_outcome {
    LOGS_DONE,
    LOGS_EXISTS,   /* ResourceAlreadyExistsException */
    LOGS_ABSENT,   /* ResourceNotFoundException */
    LOGS_REFUSED,  /* asking again the same way is no use */
    LOGS_LATER,    /* surely not applied: throttled */
    LOGS_UNKNOWN,  /* 5xx, a conflicting operation: may have been applied */
    LOGS_UNUSABLE, /* status 200 with what is not an answer, or another service's answer */
};

/* What an answer means. */
struct logs_reply {
    enum logs_outcome outcome;
    bool bad_keys;   /* expired or unknown: new ones may do (T4) */
    bool about_keys; /* the same, or a wrong signature: tell the user where the keys are from */
    bool throttled;
    bool no_memory; /* it is UNUSABLE only since memory ran out when it was read */
    struct refusal refusal;
};

/* What an answer says by status and body; error_type is the header's value or "". */
void logs_classify(enum logs_operation operation, int status, struct text body,
                   const char *error_type, struct logs_reply *ret_reply);

/*
 * Sets the line for the user: operation, code, message, and for AccessDenied the statement that a
 * policy lacks. The kind follows the outcome: ERROR_DENIED, LATER, UNKNOWN or GARBLED; SYSTEM if
 * memory ran out. Returns -1.
 */
int logs_error(const struct logs_reply *reply, enum logs_operation operation, const char *name,
               const char *region, const char *request_id, struct error *err);

const char *logs_operation_name(enum logs_operation operation);

struct logs_group {
    size_t name_at; /* offset into names */
    size_t name_bytes;
    int64_t created_ms; /* 0 to LOGS_CREATED_MAX_MS; 0 if the service gave another number */
    bool has_content;   /* so it is no attempt, whatever its name; also set if its time is bad */
};

/*
 * The pages of a listing, put together. Initialize it as LOGS_LISTING. If level_bytes is set, log
 * groups that have a '/' after that many bytes of their name are counted but not kept: they belong
 * to locks nested below "PREFIX/", and would take the room that the lock's own need.
 */
struct logs_listing {
    size_t level_bytes; /* of "PREFIX/"; 0: no names are passed over */
    struct mono asked;  /* set by the caller: when the first page was asked for, */
    bool cut;           /* and that there was more than it may hold */
    uint32_t pages;
    uint32_t nested; /* how many were passed over, on all pages */
    struct buf names;
    struct logs_group *groups;
    uint32_t count;
    uint32_t room;    /* log groups that there is memory for */
    struct buf token; /* of the next page; empty after the last */
};

#define LOGS_LISTING                                                                               \
    {                                                                                              \
        .names = BUF(LOGS_NAMES_BYTES), .token = BUF(LOGS_TOKEN_BYTES)                             \
    }

void logs_listing_clear(struct logs_listing *listing);
void logs_listing_free(struct logs_listing *listing);

/*
 * Adds the page in body. Fails with ERROR_GARBLED or ERROR_LIMIT, also if its token is that of the
 * page before, for then the listing would never end. After a failure the listing is only good for
 * logs_listing_clear() or logs_listing_free().
 */
int logs_listing_add(struct logs_listing *listing, struct text body, struct error *err) MUST_USE;

/* The name of log group i, counted from 0. Borrowed until the next addition. */
struct text logs_listing_name(const struct logs_listing *listing, uint32_t i);

/* Reads an answer to DescribeLogStreams: is there any log stream? */
int logs_read_streams(struct text body, bool *ret_any, struct error *err) MUST_USE;

#endif
