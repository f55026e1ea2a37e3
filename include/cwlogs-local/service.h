/*
 * service - one request from its arrival to its answer, under the faults in force.
 *
 * Holds everything that requests share, behind one lock but for what has its own; any number of
 * threads may call service_answer at once. It waits where the faults say so, always outside the
 * lock, and hands back whether to answer or to cut the connection. It knows no HTTP library.
 *
 * Order:  service_init; service_answer and control_answer (control.h) from any thread;
 *         service_stop, which ends all waiting; when no thread is in it any more, service_free.
 */
#ifndef CWLOGS_LOCAL_SERVICE_H
#define CWLOGS_LOCAL_SERVICE_H

#include <pthread.h>

#include "base/wait.h"
#include "cwlogs-local/answer.h"
#include "cwlogs-local/auth.h"
#include "cwlogs-local/fate.h"
#include "cwlogs-local/faults.h"
#include "cwlogs-local/journal.h"
#include "cwlogs-local/store.h"

struct service {
    pthread_mutex_t lock; /* of all but the last five */
    struct store store;
    struct faults faults;
    struct chance chance;
    struct bucket buckets[OPERATION_COUNT];
    struct journal journal;
    int64_t waiting[OPERATION_COUNT]; /* requests that have arrived and not ended yet */
    struct budget memory;             /* of log groups, and of answers on their way */
    pthread_mutex_t large;            /* held while a large body is read, which takes memory, too */
    const struct auth *auth;          /* never changes, nor does the next */
    struct text listen;               /* HOST:PORT as it was told to listen */
    struct latch stop;                /* it is to */
};

enum body_state {
    BODY_WHOLE,
    BODY_TOO_LARGE, /* for any call: received->body is empty */
    BODY_NO_ROOM,   /* too much is being received at once: ditto */
};

struct service_request {
    struct sigv4_received received;
    enum body_state body;
    int socket;   /* of the client: to notice that it has gone, and to cut it off early */
    bool resumed; /* its TLS session began with an earlier connection */
};

enum service_end {
    SERVICE_ANSWER,
    SERVICE_CUT, /* close the connection, say nothing */
};

/* What a service begins with. All but the numbers is borrowed until service_free. */
struct service_options {
    const struct faults *faults; /* copied */
    const struct auth *auth;
    struct text listen;
    size_t memory_bytes;
};

int service_init(struct service *service, const struct service_options *options,
                 struct error *err) MUST_USE;
void service_stop(struct service *service);
void service_free(struct service *service);

/* A call of the API. */
enum service_end service_answer(struct service *service, const struct service_request *request,
                                struct answer *answer);

/* Forgets groups, log and counts; draws and token buckets begin anew. Faults stay. */
void service_reset(struct service *service);

/* The server's clock: the machine's and date_offset_s. Takes the lock. */
struct wall service_wall(struct service *service);

#endif
