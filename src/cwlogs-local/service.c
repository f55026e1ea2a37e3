#include "cwlogs-local/service.h"

#include <assert.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "cwlogs-local/operations.h"

#define TARGET_PREFIX    "Logs_20140328."
#define LARGE_BODY_BYTES ((size_t)64 * 1024)
#define HANG_LOOK_MS     50 /* how often a hung request looks whether the outage is over */

/* A request under way. */
struct passage {
    struct service *service;
    const struct service_request *request;
    struct answer *answer;
    enum operation operation;
    struct fate fate;
    struct faults faults; /* as they were when it arrived */
    struct call call;
    struct error unreadable; /* why the call could not be read, if it could not */
    struct text region;
};

int service_init(struct service *service, const struct service_options *options, struct error *err)
{
    *service = (struct service){.faults = *options->faults,
                                .auth = options->auth,
                                .listen = options->listen,
                                .memory = {.limit_bytes = options->memory_bytes},
                                .lock = PTHREAD_MUTEX_INITIALIZER,
                                .large = PTHREAD_MUTEX_INITIALIZER};
    if (latch_open(&service->stop, err) != 0)
        return -1;
    store_init(&service->store, &service->memory);
    service->chance.state = (uint64_t)service->faults.seed;
    return 0;
}

void service_stop(struct service *service)
{
    latch_set(&service->stop);
}

void service_free(struct service *service)
{
    store_free(&service->store);
    journal_free(&service->journal);
    (void)pthread_mutex_destroy(&service->lock); /* nobody holds them */
    (void)pthread_mutex_destroy(&service->large);
    latch_close(&service->stop);
}

void service_reset(struct service *service)
{
    pthread_mutex_lock(&service->lock);
    store_free(&service->store);
    journal_free(&service->journal);
    memset(service->buckets, 0, sizeof(service->buckets));
    service->chance.state = (uint64_t)service->faults.seed;
    pthread_mutex_unlock(&service->lock);
}

static struct wall shifted(struct wall wall, const struct faults *faults)
{
    return (struct wall){wall.ms + faults->date_offset_s * 1000};
}

struct wall service_wall(struct service *service)
{
    pthread_mutex_lock(&service->lock);
    struct wall wall = shifted(wall_now(), &service->faults);
    pthread_mutex_unlock(&service->lock);
    return wall;
}

static void pause_for(const struct service *service, int64_t ms)
{
    struct mono until = mono_add(mono_now(), ms);
    struct pollfd stop = {.fd = service->stop.fd, .events = POLLIN};
    while (ms > 0 && poll(&stop, 1, (int)ms) <= 0) /* settings are limited to a day */
        ms = mono_diff(until, mono_now());         /* timed out, or EINTR */
}

static enum outage outage_now(struct service *service)
{
    pthread_mutex_lock(&service->lock);
    enum outage outage = service->faults.outage;
    pthread_mutex_unlock(&service->lock);
    return outage;
}

/* Keeps the client hanging until the outage is over, the client has gone, or all stops. */
static void hang(struct service *service, int socket)
{
    struct pollfd fds[] = {{.fd = service->stop.fd, .events = POLLIN},
                           {.fd = socket, .events = POLLRDHUP}};
    while (outage_now(service) == OUTAGE_HANG)
        if (poll(fds, 2, HANG_LOOK_MS) > 0)
            break;
}

/* OUTCOME_OK if the service is there; else how the request ended, which is now. */
static enum outcome suffer_outage(const struct passage *passage)
{
    switch (outage_now(passage->service)) {
    case OUTAGE_NONE:
        break;
    case OUTAGE_REFUSE:
        return OUTCOME_REFUSED;
    case OUTAGE_HANG:
        hang(passage->service, passage->request->socket);
        return OUTCOME_HUNG;
    }
    return OUTCOME_OK;
}

/* The lock is held. */
static uint64_t record(const struct passage *passage, enum outcome outcome, bool applied)
{
    bool creates = passage->operation == OPERATION_CREATE_LOG_GROUP;
    bool listed_late = applied && (creates || passage->operation == OPERATION_DELETE_LOG_GROUP);
    struct journal_entry entry = {.mono = mono_now(),
                                  .wall = wall_now(),
                                  .operation = passage->operation,
                                  .outcome = outcome,
                                  .applied = applied,
                                  .resumed = passage->request->resumed,
                                  .lag_ms = listed_late ? passage->fate.visible_lag_ms : 0,
                                  .skew_ms = applied && creates ? passage->fate.skew_ms : 0};
    return journal_add(&passage->service->journal, &entry, operations_group_name(&passage->call));
}

static enum service_end cut(const struct passage *passage, enum outcome outcome)
{
    pthread_mutex_lock(&passage->service->lock);
    (void)record(passage, outcome, false); /* never asked for again */
    pthread_mutex_unlock(&passage->service->lock);
    return SERVICE_CUT;
}

static void draw(struct passage *passage)
{
    struct service *service = passage->service;
    pthread_mutex_lock(&service->lock);
    passage->fate = fate_draw(&service->faults, passage->operation, &service->chance,
                              service->buckets, mono_now().ms);
    passage->faults = service->faults;
    pthread_mutex_unlock(&service->lock);
}

/*
 * What can be refused without looking at what there is. The body's size comes first: of one that
 * is not whole the signature cannot be right.
 */
static void examine(struct passage *passage)
{
    const struct sigv4_received *received = &passage->request->received;
    struct wall now = shifted(wall_now(), &passage->faults);
    if (passage->request->body == BODY_TOO_LARGE)
        answer_fail(passage->answer, OUTCOME_TOO_LARGE, "the request has more than %zu bytes",
                    CALL_BODY_BYTES);
    else if (passage->request->body == BODY_NO_ROOM)
        answer_fail(passage->answer, OUTCOME_UNAVAILABLE,
                    "cwlogs-local is receiving too much at once.");
    else if (!auth_check(passage->service->auth, received, now, passage->faults.expired_key,
                         passage->answer))
        return;
    else if (passage->operation != OPERATION_UNKNOWN && passage->unreadable.kind != ERROR_NONE)
        answer_fail(passage->answer, OUTCOME_SERIALIZATION, "%s", passage->unreadable.text);
}

/* The lock is held. */
static void execute(struct passage *passage, struct answer *answer)
{
    const struct fate *fate = &passage->fate;
    struct scene scene = {
        .store = &passage->service->store, .faults = &passage->faults, .region = passage->region};
    scene.at.now_ms = mono_now().ms;
    scene.wall_ms = shifted(wall_now(), &passage->faults).ms;
    scene.at.stamp_ms = scene.wall_ms + fate->skew_ms;
    scene.at.lag_ms = fate->visible_lag_ms;
    operations_execute(&scene, passage->operation, &passage->call, answer);
}

/* Answers and, where its fate says so, applies; true if it took effect. The lock is held. */
static bool judge(struct passage *passage)
{
    struct answer *answer = passage->answer;
    bool applied = false;
    switch (passage->fate.kind) {
    case FATE_SERVE:
    case FATE_DROP: /* is cut before it comes here */
        execute(passage, answer);
        return answer->outcome == OUTCOME_OK;
    case FATE_DENY:
        operations_deny(passage->region, passage->operation, &passage->call, answer);
        break;
    case FATE_THROTTLE:
        answer_fail(answer, OUTCOME_THROTTLED, "Rate exceeded");
        break;
    case FATE_ERROR:
        answer_fail(answer, OUTCOME_UNAVAILABLE, "The service cannot complete the request.");
        answer->status = passage->fate.error_status;
        break;
    case FATE_ABORT:
        if (passage->fate.abort_applied)
            execute(passage, answer);
        applied = passage->fate.abort_applied && answer->outcome == OUTCOME_OK;
        answer_fail(answer, OUTCOME_ABORTED,
                    "A conflicting operation is currently in progress against this resource. "
                    "Please try again.");
        break;
    }
    return applied;
}

static enum service_end serve(struct passage *passage)
{
    struct service *service = passage->service;
    bool lost = passage->fate.answer_lost, applied = false;
    pause_for(service, passage->fate.before_ms);
    if (lost && passage->fate.apply_delay_ms > 0) {
        (void)shutdown(passage->request->socket, SHUT_RDWR); /* it may have gone already */
        pause_for(service, passage->fate.apply_delay_ms);
    }
    examine(passage);
    pthread_mutex_lock(&service->lock);
    if (passage->answer->outcome == OUTCOME_OK)
        applied = judge(passage);
    enum outcome outcome = passage->answer->outcome;
    uint64_t sequence = record(passage, lost ? OUTCOME_LOST : outcome, applied);
    pthread_mutex_unlock(&service->lock);
    if (lost)
        return SERVICE_CUT;
    pause_for(service, passage->fate.after_ms);
    if (suffer_outage(passage) == OUTCOME_OK)
        return SERVICE_ANSWER;
    pthread_mutex_lock(&service->lock);
    journal_lose(&service->journal, sequence, passage->operation, outcome);
    pthread_mutex_unlock(&service->lock);
    return SERVICE_CUT;
}

static enum operation target_operation(const struct sigv4_received *received)
{
    struct text target = sigv4_header(received, "x-amz-target");
    size_t used = sizeof(TARGET_PREFIX) - 1;
    if (!text_equal(received->method, "POST") || !text_equal(received->path, "/") ||
        !text_starts(target, TARGET_PREFIX))
        return OPERATION_UNKNOWN;
    return operation_find(text_behind(target, used));
}

static void count_waiting(struct service *service, enum operation operation, int change)
{
    pthread_mutex_lock(&service->lock);
    service->waiting[operation] += change;
    pthread_mutex_unlock(&service->lock);
}

/* What is wrong with it is told once it has come through. */
static void read_call(struct passage *passage)
{
    struct text body = passage->request->received.body;
    bool large = body.length > LARGE_BODY_BYTES;
    if (large)
        pthread_mutex_lock(&passage->service->large);
    if (call_read(&passage->call, body, &passage->unreadable) != 0)
        assert(passage->unreadable.kind != ERROR_NONE);
    if (large)
        pthread_mutex_unlock(&passage->service->large);
}

enum service_end service_answer(struct service *service, const struct service_request *request,
                                struct answer *answer)
{
    struct passage passage = {.service = service, .request = request, .answer = answer};
    enum service_end end;
    passage.operation = target_operation(&request->received);
    count_waiting(service, passage.operation, 1);
    passage.region = auth_region(&request->received, text_from(DEFAULT_REGION));
    call_init(&passage.call);
    read_call(&passage);
    enum outcome outage = suffer_outage(&passage);
    if (outage != OUTCOME_OK) {
        end = cut(&passage, outage);
    } else {
        draw(&passage);
        end = passage.fate.kind == FATE_DROP ? cut(&passage, OUTCOME_DROPPED) : serve(&passage);
    }
    call_free(&passage.call);
    count_waiting(service, passage.operation, -1);
    return end;
}
