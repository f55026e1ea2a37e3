#include "cwlogs-local/control.h"

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "cwlogs-local/call.h"
#include "cwlogs-local/check.h"
#include "cwlogs-local/target.h"

#define PLANT_JSON_BYTES 65536
#define AGE_MAX_MS       ((uint64_t)315360000000) /* ten years */
#define STREAMS_MAX      1000
#define STORED_MAX       ((uint64_t)1 << 53) /* bytes: what JSON numbers are exact for */

typedef void (*control_fn)(struct service *service, const struct sigv4_received *received,
                           struct answer *answer);

static void get_faults(struct service *service, const struct sigv4_received *received,
                       struct answer *answer)
{
    (void)received;
    pthread_mutex_lock(&service->lock);
    struct faults faults = service->faults;
    pthread_mutex_unlock(&service->lock);
    faults_write(&faults, &answer->body);
}

/* A new seed, also the same again, begins the draws anew. */
static void post_faults(struct service *service, const struct sigv4_received *received,
                        struct answer *answer)
{
    struct error err;
    pthread_mutex_lock(&service->lock);
    int64_t seed = service->faults.seed;
    service->faults.seed = -1; /* to tell whether one is given; none is negative */
    int failed = faults_set_json(&service->faults, received->body, &err);
    if (service->faults.seed < 0)
        service->faults.seed = seed;
    else
        service->chance.state = (uint64_t)service->faults.seed;
    memset(service->buckets, 0, sizeof(service->buckets)); /* full again */
    pthread_mutex_unlock(&service->lock);
    if (failed)
        answer_line(answer, 400, err.text);
    else
        get_faults(service, received, answer);
}

static void get_stats(struct service *service, const struct sigv4_received *received,
                      struct answer *answer)
{
    (void)received;
    pthread_mutex_lock(&service->lock);
    journal_write_counts(&service->journal, &answer->body);
    pthread_mutex_unlock(&service->lock);
}

static void get_log(struct service *service, const struct sigv4_received *received,
                    struct answer *answer)
{
    uint64_t after = 0;
    struct text query = received->query;
    if (text_starts(query, "after="))
        query = text_behind(query, 6);
    if (received->query.length && text_parse_u64(query, UINT64_MAX, &after) != 0) {
        answer_line(answer, 400, "the query may be after=SEQUENCE");
        return;
    }
    pthread_mutex_lock(&service->lock);
    journal_write(&service->journal, after, &answer->body);
    pthread_mutex_unlock(&service->lock);
}

static void get_waiting(struct service *service, const struct sigv4_received *received,
                        struct answer *answer)
{
    (void)received;
    pthread_mutex_lock(&service->lock);
    json_object(&answer->body, NULL);
    for (enum operation i = 0; i < OPERATION_COUNT; i++)
        if (service->waiting[i] > 0)
            json_integer(&answer->body, operation_name(i), service->waiting[i]);
    json_object_end(&answer->body);
    pthread_mutex_unlock(&service->lock);
}

static void get_groups(struct service *service, const struct sigv4_received *received,
                       struct answer *answer)
{
    (void)received;
    pthread_mutex_lock(&service->lock);
    const struct directory *groups = &service->store.groups;
    json_array(&answer->body, NULL);
    for (size_t i = 0; i < groups->count; i++) {
        const struct group *group = (const struct group *)groups->entries[i];
        if (!group->entry.exists)
            continue;
        json_object(&answer->body, NULL);
        json_string(&answer->body, "logGroupName", group->entry.name);
        json_integer(&answer->body, "creationTime", group->creation_ms);
        json_object_end(&answer->body);
    }
    json_array_end(&answer->body);
    pthread_mutex_unlock(&service->lock);
}

/* What POST /_groups says beyond what CreateLogGroup does. */
struct plant {
    uint64_t age_ms;
    uint64_t stored_bytes;
    uint64_t metric_filters;
    uint64_t streams;
};

static int read_plant(struct text body, struct plant *plant, struct error *err)
{
    struct {
        const char *name;
        uint64_t *value;
        uint64_t max;
    } members[] = {
        {"age_ms", &plant->age_ms, AGE_MAX_MS},
        {"storedBytes", &plant->stored_bytes, STORED_MAX},
        {"metricFilterCount", &plant->metric_filters, INT64_MAX},
        {"streams", &plant->streams, STREAMS_MAX},
    };
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        CLEAN(buf) struct buf value = BUF(64);
        struct json_pick pick = {.path = members[i].name, .value = &value};
        if (json_pick(body, PLANT_JSON_BYTES, &pick, 1, err) != 0)
            return -1;
        if (pick.type == JSON_ABSENT)
            continue;
        if (pick.type != JSON_INTEGER ||
            text_parse_u64(buf_view(&value), members[i].max, members[i].value) != 0)
            return error_set(err, ERROR_USAGE, "%s must be a whole number from 0 to %llu",
                             members[i].name, (unsigned long long)members[i].max);
    }
    return 0;
}

/* The lock is held. */
static enum store_result plant_group(struct service *service, const struct call *call,
                                     const struct plant *plant)
{
    struct moment at = {.now_ms = mono_now().ms, .stamp_ms = wall_now().ms};
    at.stamp_ms += service->faults.date_offset_s * 1000 - (int64_t)plant->age_ms;
    struct group_wish wish = {.name = buf_view(&call->group_name),
                              .class_name = check_class(buf_view(&call->class_name)),
                              .tags = &call->tags,
                              .is_protected = call->is_protected.value != 0,
                              .metric_filters = (int64_t)plant->metric_filters};
    enum store_result result = store_create_group(&service->store, &wish, at);
    if (result != STORE_DONE)
        return result;
    struct group *group = store_find_group(&service->store, wish.name);
    group->stored.shown = (int64_t)plant->stored_bytes;
    for (uint64_t i = 1; i <= plant->streams && result == STORE_DONE; i++) {
        char name[32];
        (void)snprintf(name, sizeof(name), "stream-%04u", (unsigned)i); /* fits */
        result = store_create_stream(group, text_from(name), at);
    }
    return result;
}

static void post_groups(struct service *service, const struct sigv4_received *received,
                        struct answer *answer)
{
    struct plant plant = {0};
    struct call call;
    struct error err;
    call_init(&call);
    if (read_plant(received->body, &plant, &err) != 0 ||
        call_read(&call, received->body, &err) != 0) {
        answer_line(answer, 400, err.text);
    } else if (!check_is_group_name(buf_view(&call.group_name))) {
        answer_line(answer, 400, "logGroupName must be the name of a log group");
    } else {
        pthread_mutex_lock(&service->lock);
        enum store_result result = plant_group(service, &call, &plant);
        pthread_mutex_unlock(&service->lock);
        if (result == STORE_GROUP_EXISTS)
            answer_line(answer, 400, "the log group exists already");
        else if (result != STORE_DONE)
            answer_line(answer, 500, "there is no room for it");
    }
    call_free(&call);
}

static void post_reset(struct service *service, const struct sigv4_received *received,
                       struct answer *answer)
{
    (void)received;
    (void)answer; /* 200 and nothing */
    service_reset(service);
}

static const struct {
    const char *path;
    control_fn get;
    control_fn post;
} paths[] = {
    {"/_faults", get_faults, post_faults},
    {"/_stats", get_stats, NULL},
    {"/_log", get_log, NULL},
    {"/_groups", get_groups, post_groups},
    {"/_reset", NULL, post_reset},
    {"/_waiting", get_waiting, NULL},
};

bool control_owns(struct text path)
{
    return text_starts(path, "/_");
}

/* NULL if it may come in: nobody asks for a signature here, so any page could steer the service. */
static const char *refuse_page(const struct service *service, const struct sigv4_received *received)
{
    struct text host = sigv4_header(received, "host");
    if (sigv4_header(received, "origin").data)
        return "control paths are not for web pages (the request has an Origin)";
    if (host.data && !target_is_own_host(host, service->listen))
        return "control paths are for this machine only: Host must be a loopback address or that "
               "of "
               "--listen";
    return NULL;
}

static control_fn find_path(const struct sigv4_received *received, bool *ret_known)
{
    *ret_known = false;
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        if (!text_equal(received->path, paths[i].path))
            continue;
        *ret_known = true;
        return text_equal(received->method, "GET")    ? paths[i].get
               : text_equal(received->method, "POST") ? paths[i].post
                                                      : NULL;
    }
    return NULL;
}

void control_answer(struct service *service, const struct service_request *request,
                    struct answer *answer)
{
    const struct sigv4_received *received = &request->received;
    const char *refusal = refuse_page(service, received);
    bool known;
    control_fn serve = find_path(received, &known);
    answer->content_type = "application/json";
    if (refusal)
        answer_line(answer, 403, refusal);
    else if (!known)
        answer_line(answer, 404, "there is no such path; see cwlogs-local --help");
    else if (!serve)
        answer_line(answer, 405, "this path does not take this method");
    else if (request->body != BODY_WHOLE)
        answer_line(answer, 413, "the body is too large");
    else
        serve(service, received, answer);
}
