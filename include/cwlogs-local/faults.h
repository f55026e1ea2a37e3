/*
 * faults - what the stand-in is told to do wrong: the settings, by name and value.
 *
 * One table serves the command line (--visibility-lag-ms 300), POST /_faults and GET /_faults.
 * What the settings do to a request is decided in fate.h.
 */
#ifndef CWLOGS_LOCAL_FAULTS_H
#define CWLOGS_LOCAL_FAULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/text.h"
#include "cwlogs-local/operation.h"

#define FAULTS_JSON_BYTES 65536
#define FAULTS_KEY_BYTES  132 /* of a key ID (IAM: 16 to 128 characters), with the NUL */

enum outage {
    OUTAGE_NONE,
    OUTAGE_REFUSE, /* every connection is cut as soon as it asks for something */
    OUTAGE_HANG,   /* every request is taken and never answered, nor applied */
};

/* How late listings show a change: drawn evenly from least to greatest, or least if that is more.
 */
struct lag {
    int64_t least_ms, greatest_ms;
};

/* Set by faults_init; see the table in faults.c for what each means. */
struct faults {
    int64_t latency_ms;
    int64_t latency_jitter_ms;
    struct lag visibility_lag; /* as last set for both at once; what counts are the next two */
    struct lag create_lag, delete_lag;
    int64_t stored_bytes_lag_ms;
    int64_t clock_skew_ms;
    int64_t date_offset_s;
    double rate_limit[OPERATION_COUNT]; /* calls a second; 0: no limit */
    int64_t rate_burst;                 /* calls at once under a limit; 0: those of a second */
    double error_rate;
    double operation_aborted_rate;
    double lost_response_rate;
    int64_t apply_delay_ms;
    double drop_rate;
    bool deny[OPERATION_COUNT];
    char expired_key[FAULTS_KEY_BYTES];
    enum outage outage;
    int64_t seed;
};

/* No fault at all, seed 1. */
void faults_init(struct faults *faults);

/* The names in order, "latency_ms" first, with a line of help each; NULL beyond the end. */
const char *faults_name(size_t index);
const char *faults_help(size_t index);

/* Sets one from the command line. ERROR_USAGE names the setting, the value and what is allowed. */
int faults_set(struct faults *faults, const char *name, struct text value,
               struct error *err) MUST_USE;

/* Sets those that a JSON object names; on failure nothing has changed. */
int faults_set_json(struct faults *faults, struct text document, struct error *err) MUST_USE;

/* All settings as one JSON object. */
void faults_write(const struct faults *faults, struct buf *out);

#endif
