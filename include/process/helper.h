/*
 * helper - runs a program of the user's and collects what it prints (credential_process).
 *
 * No shell. Standard input is /dev/null, since ours belongs to the command; descriptors above 2
 * are not passed on; the environment is. Both outputs are read to the end, so that a talkative
 * program cannot hang; of standard error only the end is kept.
 */
#ifndef PROCESS_HELPER_H
#define PROCESS_HELPER_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/wait.h"

#define HELPER_OUTPUT_BYTES   ((size_t)256 * 1024) /* more on standard output is an error */
#define HELPER_MESSAGES_BYTES ((size_t)16 * 1024)  /* of standard error that are kept */
#define HELPER_END_MS         1000 /* we wait so long for a killed one to end, then leave it */

/* The caller's after helper_run(); free it with helper_result_free(). All zeros: nothing in it. */
struct helper_result {
    int status;          /* exit status, or 128 + the signal that ended it */
    struct buf output;   /* secret */
    struct buf messages; /* the end of what it wrote to standard error */
};

/*
 * Runs words[0], looked up in PATH, and waits for its end. words ends with NULL. quiet: it runs in
 * a session of its own, so that it cannot ask on the terminal. Returns 0 whatever its exit status
 * is; -1 if it cannot be run (ERROR_CONFIG, which names it), prints more than HELPER_OUTPUT_BYTES
 * (ERROR_CONFIG), or was killed because the deadline passed or the wakeup asked for an end
 * (ERROR_LATER). err may be NULL.
 */
int helper_run(char *const *words, bool quiet, struct mono deadline,
               const struct wakeup_source *wakeup, struct helper_result *ret_result,
               struct error *err) MUST_USE;

/* All borrowed during helper_spawn() only. */
struct helper_plan {
    char *const *words;         /* as in helper_run() */
    char *const *environment;   /* "NAME=VALUE" strings, NULL-terminated */
    bool quiet;                 /* as in helper_run() */
    int output_fd, messages_fd; /* what its standard output and error are; -1: our standard error */
};

/*
 * Starts it only, for callers that have other things to wait for as well; they reap it, or call
 * helper_end(). Returns 0, or the errno of what failed.
 */
int helper_spawn(const struct helper_plan *plan, pid_t *ret_pid) MUST_USE;

/* Kills it with all that it started, and reaps it: it must not be reaped yet. */
void helper_end(pid_t pid);

void helper_result_free(struct helper_result *result);

#endif
