/*
 * session - carries out what the lock wishes: builds, signs and sends requests, keeps the pages
 * of a listing, paces retries, and tells the lock what became of everything.
 *
 * Order:   session_init, then session_step until lock_phase(&session->lock) is what the caller
 *          waits for; lock_leave(&session->lock, now) and session_step until LOCK_FINISHED;
 *          session_free. One thread at a time; it may be handed from one to another.
 * Memory:  what the config points to must live as long as the session.
 */
#ifndef RUN_SESSION_H
#define RUN_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "aws/logs.h"
#include "aws/retry.h"
#include "aws/settings.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/wait.h"
#include "client/credentials_provider.h"
#include "lock/lock.h"
#include "net/http.h"

#define SESSION_GRACE_MS    2000  /* a request in flight may settle for so long when woken */
#define SESSION_PAGE_MS     60000 /* for one page, outside the lock's rules */
#define SESSION_URL_BYTES   2048
#define SESSION_AGENT_BYTES 256

struct session_config {
    const struct aws_settings *aws;
    struct lock_settings lock;
    int64_t connect_timeout_ms;
    int64_t read_timeout_ms;
    const char *tags;  /* "KEY=VALUE,..." to create attempts with; NULL for none */
    bool all_levels;   /* listings show the names of nested locks as well */
    bool release_only; /* only find and delete what a run of this identity left */
};

struct session {
    struct session_config config;
    struct lock lock;
    struct http *http;
    struct provider provider;
    struct retry retry;
    struct retry_budget budget;
    struct logs_listing listing;
    struct lock_entry *entries; /* of the listing, as the lock reads them */
    uint32_t entries_room;
    uint32_t pages;
    struct mono asked;
    const char *region; /* borrowed from the provider */
    const char *proxy;  /* borrowed from the environment; NULL for none */
    char url[SESSION_URL_BYTES];
    char agent[SESSION_AGENT_BYTES];
    char list_prefix[ATTEMPT_NAME_BYTES + 2];
    int64_t clock_offset_ms; /* added to the wall clock for signing only */
    uint64_t calls;
    struct mono last_answer;  /* of the service, whatever it said */
    struct error last_error;  /* why the last request failed; kind NONE after a success */
    struct error final_error; /* why the lock gave up, once it has */
};

/*
 * Finds region, endpoint and whether there are credentials to be had; makes no call to the
 * service. Fails as aws/settings and the provider do.
 */
int session_init(struct session *session, const struct session_config *config,
                 const struct wakeup_source *wakeup, struct error *err) MUST_USE;
void session_free(struct session *session);

/* How one request went, outside the lock's rules. */
struct session_reply {
    enum lock_outcome outcome;
    bool throttled;
    int64_t pause_ms; /* LATER, UNKNOWN, REFUSED: leave the service alone for so long */
    struct mono sent; /* just before the first byte could have left */
    struct http_answer answer;
    char code[LOGS_CODE_BYTES]; /* of the service's refusal */
    struct error err;           /* NONE if the outcome is DONE, EXISTS or ABSENT */
};

/*
 * Sends one request for the caller, signed anew where that helps, not tried again otherwise.
 * name and more are as in logs_request(). session_reply_free() in any case.
 */
void session_call(struct session *session, enum logs_operation operation, const char *name,
                  const char *more, const struct wakeup_source *wakeup, struct mono deadline,
                  struct session_reply *ret_reply);
void session_reply_free(struct session_reply *reply);

/* Of LOGS_DESCRIBE_STREAMS, DONE: is there a log stream? */
int session_reply_streams(const struct session_reply *reply, bool *ret_any,
                          struct error *err) MUST_USE;

/*
 * Reads all pages of PREFIX/, each tried as often as the settings say. The listing is borrowed
 * until the next one. ret_date: the service's clock as the last page's Date header has it (whole
 * seconds, cut off), or -1. Fails with what the last try said, or ERROR_LATER when woken.
 */
int session_list(struct session *session, const struct wakeup_source *wakeup,
                 struct lock_listing *ret_listing, struct wall *ret_date,
                 struct error *err) MUST_USE;

/* Does the next thing, or waits until there is one, at the latest until `until`. */
void session_step(struct session *session, const struct wakeup_source *wakeup, struct mono until);

#endif
