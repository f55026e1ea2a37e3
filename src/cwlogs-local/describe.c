#include "cwlogs-local/describe.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "cwlogs-local/check.h"
#include "cwlogs-local/page.h"

#define PAGE_MAX      50   /* the default, too */
#define LISTING_BYTES 2048 /* what tells one listing from another */
#define TOKEN_BYTES   1024
#define ARN_BYTES     1280

/* arn:aws:logs:REGION:ACCOUNT:log-group:NAME and what follows it. */
static void write_arn(struct buf *out, const char *key, struct text region, const char *group,
                      const char *rest)
{
    CLEAN(buf) struct buf arn = BUF(ARN_BYTES);
    buf_addf(&arn, "arn:aws:logs:%.*s:" ACCOUNT_ID ":log-group:%s%s", TEXT_ARGS(region), group,
             rest); /* the parts have limits that fit */
    json_string(out, key, buf_text(&arn));
}

/* A listing by pattern holds less: as recorded from the service in February 2026. */
static void write_group(const struct scene *scene, struct group *group, bool by_pattern,
                        struct buf *out)
{
    const char *name = group->entry.name;
    json_object(out, NULL);
    json_string(out, "logGroupName", name);
    json_integer(out, "creationTime", group->creation_ms);
    if (group->retention_days)
        json_integer(out, "retentionInDays", group->retention_days);
    json_integer(out, "metricFilterCount", group->metric_filters);
    write_arn(out, "arn", scene->region, name, ":*");
    if (!by_pattern)
        json_integer(out, "storedBytes", store_shown_bytes(group, scene->at.now_ms));
    if (group->kms_key_id)
        json_string(out, "kmsKeyId", group->kms_key_id);
    json_string(out, "logGroupClass", group->class_name);
    write_arn(out, "logGroupArn", scene->region, name, "");
    if (!by_pattern)
        json_bool(out, "deletionProtectionEnabled", group->is_protected);
    json_object_end(out);
}

static void write_token(struct buf *out, const struct buf *listing, struct text last)
{
    CLEAN(buf) struct buf token = BUF(TOKEN_BYTES);
    page_write_token(&token, buf_view(listing), last);
    json_string(out, "nextToken", buf_text(&token));
}

static size_t page_limit(const struct call *call)
{
    return call->limit.given ? (size_t)call->limit.value : PAGE_MAX; /* check.h: at most that */
}

static void name_group_listing(const struct call *call, struct buf *out)
{
    buf_addf(out, "groups %s\n%s\n%s", buf_text(&call->group_prefix),
             buf_text(&call->group_pattern), buf_text(&call->class_name)); /* fits */
}

void describe_groups(const struct scene *scene, const struct call *call, struct answer *answer)
{
    CLEAN(buf) struct buf listing = BUF(LISTING_BYTES);
    struct group *page[PAGE_MAX];
    bool more = false;
    size_t count = 0;
    if (!check_group_listing(call, answer))
        return;
    struct group_filter filter = {.prefix = buf_view(&call->group_prefix),
                                  .pattern = buf_view(&call->group_pattern),
                                  .after = text_from(""),
                                  .class_name = check_class(buf_view(&call->class_name)),
                                  .limit = page_limit(call)};
    bool by_pattern = filter.pattern.length > 0;
    name_group_listing(call, &listing);
    if (!call_given(&call->next_token) ||
        page_read_token(buf_view(&call->next_token), buf_view(&listing), &filter.after))
        count = store_list_groups(scene->store, &filter, scene->at.now_ms, page, &more);

    json_object(&answer->body, NULL);
    json_array(&answer->body, "logGroups");
    for (size_t i = 0; i < count; i++)
        write_group(scene, page[i], by_pattern, &answer->body);
    json_array_end(&answer->body);
    if (more || (by_pattern && count > 0)) /* a token came with a single match, too (ibid.) */
        write_token(&answer->body, &listing, text_from(page[count - 1]->entry.name));
    json_object_end(&answer->body);
}

/* Streams come by name or by the time of their last event, either way around. */
struct stream_order {
    bool by_time;
    bool descending;
};

static int64_t sort_time(const struct stream *stream)
{
    return stream->has_events ? stream->last_event_ms : 0;
}

static int compare_keys(int64_t time_a, const char *name_a, int64_t time_b, const char *name_b,
                        const struct stream_order *order)
{
    int by_time = order->by_time ? (time_a > time_b) - (time_a < time_b) : 0;
    int result = by_time ? by_time : strcmp(name_a, name_b);
    return order->descending ? -result : result;
}

static int compare_streams(const void *a, const void *b, void *order)
{
    const struct stream *left = *(struct stream *const *)a, *right = *(struct stream *const *)b;
    return compare_keys(sort_time(left), left->entry.name, sort_time(right), right->entry.name,
                        order);
}

/* The key that a page ended with: "TIME NAME". False if there is no page before. */
static bool read_stream_key(const struct call *call, const struct buf *listing, bool *ret_valid,
                            struct buf *key, int64_t *ret_time)
{
    struct text last;
    *ret_valid = true;
    if (!call_given(&call->next_token))
        return false;
    *ret_valid = page_read_token(buf_view(&call->next_token), buf_view(listing), &last);
    if (!*ret_valid)
        return false;
    buf_add(key, last.data, last.length); /* page_write_token wrote it into less */
    char *end;
    *ret_time = strtoll(buf_text(key), &end, 10); /* the check sum says that we wrote it */
    return true;
}

static const char *key_name(const struct buf *key)
{
    const char *blank = strchr(buf_text(key), ' ');
    return blank ? blank + 1 : "";
}

/* All streams listings show, sorted. Returns their number; *ret_streams is the caller's to free. */
static size_t collect(const struct scene *scene, const struct group *group, const struct call *call,
                      const struct stream_order *order, struct stream ***ret_streams)
{
    struct text prefix = buf_view(&call->stream_prefix);
    size_t index = directory_seek(&group->streams, prefix, text_from("")), count = 0;
    struct stream **streams = calloc(group->streams.count + 1, sizeof(struct stream *));
    struct entry *entry;
    while (streams && (entry = directory_next(&group->streams, prefix, scene->at.now_ms, &index)))
        streams[count++] = (struct stream *)entry;
    if (count && (order->by_time || order->descending))
        qsort_r(streams, count, sizeof(struct stream *), compare_streams, (void *)order);
    *ret_streams = streams;
    return count;
}

static void write_stream(const struct scene *scene, const struct group *group,
                         const struct stream *stream, struct buf *out)
{
    CLEAN(buf) struct buf rest = BUF(ARN_BYTES);
    buf_addf(&rest, ":log-stream:%s", stream->entry.name); /* 512 characters at most */
    json_object(out, NULL);
    json_string(out, "logStreamName", stream->entry.name);
    json_integer(out, "creationTime", stream->creation_ms);
    if (stream->has_events) {
        json_integer(out, "firstEventTimestamp", stream->first_event_ms);
        json_integer(out, "lastEventTimestamp", stream->last_event_ms);
        json_integer(out, "lastIngestionTime", stream->last_ingestion_ms);
    }
    write_arn(out, "arn", scene->region, group->entry.name, buf_text(&rest));
    json_integer(out, "storedBytes", 0); /* of streams always 0, since June 2019 */
    json_object_end(out);
}

static void write_streams(const struct scene *scene, const struct group *group,
                          struct stream **streams, size_t count, bool more,
                          const struct buf *listing, struct buf *out)
{
    json_object(out, NULL);
    json_array(out, "logStreams");
    for (size_t i = 0; i < count; i++)
        write_stream(scene, group, streams[i], out);
    json_array_end(out);
    if (more && count > 0) {
        CLEAN(buf) struct buf key = BUF(TOKEN_BYTES);
        buf_addf(&key, "%lld %s", (long long)sort_time(streams[count - 1]),
                 streams[count - 1]->entry.name); /* fits */
        write_token(out, listing, buf_view(&key));
    }
    json_object_end(out);
}

void describe_streams(const struct scene *scene, struct group *group, const struct call *call,
                      struct answer *answer)
{
    CLEAN(buf) struct buf listing = BUF(LISTING_BYTES);
    CLEAN(buf) struct buf key = BUF(TOKEN_BYTES);
    struct stream_order order = {.by_time = text_equal(buf_view(&call->order_by), "LastEventTime"),
                                 .descending = call->descending.value != 0};
    struct stream **streams;
    int64_t after_time = 0;
    bool valid;
    buf_addf(&listing, "streams %s\n%s\n%d%d", group->entry.name, buf_text(&call->stream_prefix),
             order.by_time, order.descending); /* fits */
    bool on = read_stream_key(call, &listing, &valid, &key, &after_time);
    size_t total = collect(scene, group, call, &order, &streams), first = 0;
    if (!valid)
        first = total;
    while (on && first < total &&
           compare_keys(sort_time(streams[first]), streams[first]->entry.name, after_time,
                        key_name(&key), &order) <= 0)
        first++;
    size_t count = total - first, limit = page_limit(call);
    bool more = count > limit;
    write_streams(scene, group, streams + first, more ? limit : count, more, &listing,
                  &answer->body);
    free(streams);
}
