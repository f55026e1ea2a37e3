/*
 * operations - carries out one API call on the store and writes its answer.
 *
 * Pure but for the store: whether and when the call is carried out, and what becomes of the
 * answer, is decided elsewhere (fate, service).
 */
#ifndef CWLOGS_LOCAL_OPERATIONS_H
#define CWLOGS_LOCAL_OPERATIONS_H

#include "cwlogs-local/answer.h"
#include "cwlogs-local/call.h"
#include "cwlogs-local/faults.h"
#include "cwlogs-local/operation.h"
#include "cwlogs-local/store.h"

#define ACCOUNT_ID     "123456789012"
#define DEFAULT_REGION "us-east-1"

/* Where and when a call takes place. All borrowed. */
struct scene {
    struct store *store;
    const struct faults *faults;
    struct text region; /* for ARNs */
    struct moment at;
    int64_t wall_ms; /* the service's clock, which creation times may be off from */
};

void operations_execute(const struct scene *scene, enum operation operation,
                        const struct call *call, struct answer *answer);

/* The answer to a call that the deny list names, in the words of IAM. */
void operations_deny(struct text region, enum operation operation, const struct call *call,
                     struct answer *answer);

/* "" or the name of the log group that the call is about. */
struct text operations_group_name(const struct call *call);

#endif
