/*
 * inspect - looks at a lock without contending for it: for --status, --break and --check.
 *
 *     inspect_open(&inspect, &plan, err)   settings, region, endpoint, credentials
 *     inspect_look; client_call(&inspect.client, &call, &inspect.wakeup)
 *     inspect_close(&inspect)              also after a failure
 */
#ifndef INSPECT_INSPECT_H
#define INSPECT_INSPECT_H

#include "aws/settings.h"
#include "base/error.h"
#include "inspect/survey.h"
#include "process/signals.h"
#include "run/listing.h"

/* All borrowed. */
struct inspect_plan {
    const char *prefix; /* "": the names of all locks, for inspect_list() only */
    const struct lock_settings *lock;
    const struct aws_options *aws;
    const struct signals *signals;
    environment_fn *environment;
    const char *tags;
    bool all_levels;  /* names of nested locks are shown as well */
    unsigned columns; /* of the terminal that standard output is; 0: it is none */
};

struct inspect {
    const struct inspect_plan *plan;
    struct aws_settings aws;
    struct client client;
    struct logs_listing pages;
    struct listing listing;
    struct interruption interruption;
    struct wakeup_source wakeup; /* ends a wait when a signal asks for it (interruption) */
    bool told_cut;               /* the user was warned that not everything is shown */
};

/*
 * Makes no call to the service. The struct must not move afterwards: wakeup points into it. To be
 * closed by inspect_close(), also after a failure.
 */
int inspect_open(struct inspect *inspect, const struct inspect_plan *plan,
                 struct error *err) MUST_USE;
void inspect_close(struct inspect *inspect);

/* The exit status of a failure: by the signal that ended the wait, or by the error. */
int inspect_failed(const struct inspect *inspect, const struct error *err);

/* The lock as it is. */
struct inspect_view {
    struct lock_listing listing; /* borrowed until the next look */
    struct survey survey;
    int64_t now_ms;  /* time of the listing, in milliseconds since 1970 */
    bool by_service; /* by the service's clock; else by ours, as its answer had no date */
};

/* Reads the listing and its time; the survey is left empty. */
int inspect_list(struct inspect *inspect, struct inspect_view *ret_view,
                 struct error *err) MUST_USE;

/* As inspect_list(), and makes the survey. To be freed by inspect_view_free(). */
int inspect_look(struct inspect *inspect, struct inspect_view *ret_view,
                 struct error *err) MUST_USE;
void inspect_view_free(struct inspect_view *view);

/* Asks once, and adds what there is to out. Returns the exit status, or -1. */
typedef int inspect_show_fn(struct inspect *inspect, bool json, struct buf *out,
                            struct error *err) MUST_USE;

/* A session for one question. Returns the exit status; of a failure, err says what it is. */
int inspect_run(const struct inspect_plan *plan, inspect_show_fn *show, bool json, struct buf *out,
                struct error *err);

#endif
