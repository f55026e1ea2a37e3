/* The reading half of aws/logs: pages of log groups, and of log streams. */
#include <stdlib.h>
#include <string.h>

#include "aws/logs.h"
#include "base/json.h"

void logs_listing_clear(struct logs_listing *listing)
{
    buf_clear(&listing->names);
    buf_clear(&listing->token);
    listing->count = 0;
    listing->nested = 0;
    listing->pages = 0;
    listing->cut = false;
}

void logs_listing_free(struct logs_listing *listing)
{
    buf_free(&listing->names);
    buf_free(&listing->token);
    free(listing->groups);
    listing->groups = NULL;
    listing->count = 0;
    listing->room = 0;
}

struct text logs_listing_name(const struct logs_listing *listing, uint32_t i)
{
    const struct logs_group *group = &listing->groups[i];
    return text_slice(listing->names.data + group->name_at, group->name_bytes);
}

struct page {
    struct logs_listing *listing;
    struct logs_group group; /* the one being read */
    bool named, dated, nested, listed;
    struct buf token; /* of the next page */
};

static int garbled(const struct json_event *event, struct error *err)
{
    char shown[64];
    return error_set(err, ERROR_GARBLED, "%s is not what it should be",
                     text_printable(text_from(event->path), shown, sizeof(shown)));
}

static int add_group(struct page *page, struct error *err)
{
    struct logs_listing *listing = page->listing;
    if (!page->named || !page->dated)
        return error_set(err, ERROR_GARBLED, "a log group without a name or creation time");
    if (page->nested) {
        listing->nested++;
        return 0;
    }
    if (listing->count == LOGS_GROUPS_MAX)
        return error_set(err, ERROR_LIMIT, "more than %d log groups under the prefix",
                         LOGS_GROUPS_MAX);
    if (listing->count == listing->room) {
        uint32_t room = listing->room ? 2 * listing->room : 2 * LOGS_PAGE_GROUPS;
        struct logs_group *groups = realloc(listing->groups, room * sizeof(*groups));
        if (!groups)
            return error_set(err, ERROR_SYSTEM, "out of memory for %u log groups", room);
        listing->groups = groups;
        listing->room = room;
    }
    listing->groups[listing->count++] = page->group;
    return 0;
}

static bool is_nested(const struct logs_listing *listing, struct text name)
{
    size_t level = listing->level_bytes;
    return level && name.length > level && memchr(name.data + level, '/', name.length - level);
}

static int set_name(struct page *page, const struct json_event *event, struct error *err)
{
    struct buf *names = &page->listing->names;
    if (event->type != JSON_STRING || event->text.length == 0 ||
        event->text.length > LOGS_NAME_BYTES)
        return garbled(event, err);
    page->named = true;
    page->nested = is_nested(page->listing, event->text);
    if (page->nested)
        return 0;
    page->group.name_at = names->length;
    page->group.name_bytes = event->text.length;
    buf_add(names, event->text.data, event->text.length);
    return buf_check(names, "the listing", err);
}

static int set_token(struct page *page, const struct json_event *event, struct error *err)
{
    if (event->type != JSON_STRING)
        return garbled(event, err);
    buf_add(&page->token, event->text.data, event->text.length);
    return buf_check(&page->token, "the token of the next page", err);
}

/*
 * Times far in the future, or before 1970, are not the service's: sums with them would overflow,
 * and somebody's log group would look like an attempt that has expired.
 */
static int set_created(struct page *page, const struct json_event *event, struct error *err)
{
    bool number = event->type == JSON_INTEGER || event->type == JSON_NUMBER;
    bool good =
        event->type == JSON_INTEGER && event->integer >= 0 && event->integer <= LOGS_CREATED_MAX_MS;
    if (!number)
        return garbled(event, err);
    page->dated = true;
    page->group.created_ms = good ? event->integer : 0;
    page->group.has_content |= !good;
    return 0;
}

/* A member of a log group. Null is as good as missing; another type than AWS documents is not. */
static int visit_member(struct page *page, const struct json_event *event, struct error *err)
{
    struct logs_group *group = &page->group;
    bool stored = json_at(event, "logGroups[].storedBytes");
    bool filters = json_at(event, "logGroups[].metricFilterCount");
    if (event->type == JSON_NULL)
        return 0;
    if (json_at(event, "logGroups[].logGroupName"))
        return set_name(page, event, err);
    if (json_at(event, "logGroups[].creationTime"))
        return set_created(page, event, err);
    if (stored || filters) {
        if (event->type != JSON_INTEGER || event->integer < 0)
            return garbled(event, err);
        group->has_content |= event->integer > 0;
    } else if (json_at(event, "logGroups[].deletionProtectionEnabled")) {
        if (event->type != JSON_BOOL)
            return garbled(event, err);
        group->has_content |= event->boolean;
    }
    return 0;
}

static int visit_page(void *context, const struct json_event *event, struct error *err)
{
    struct page *page = context;
    if (json_at(event, "nextToken"))
        return event->type == JSON_NULL ? 0 : set_token(page, event, err);
    if (json_at(event, "logGroups")) {
        page->listed = true;
        return event->type == JSON_ARRAY || event->type == JSON_ARRAY_END ? 0 : garbled(event, err);
    }
    if (!json_at(event, "logGroups[]"))
        return visit_member(page, event, err);
    if (event->type == JSON_OBJECT_END)
        return add_group(page, err);
    page->group = (struct logs_group){0};
    page->named = page->dated = page->nested = false;
    return event->type == JSON_OBJECT ? 0 : garbled(event, err);
}

int logs_listing_add(struct logs_listing *listing, struct text body, struct error *err)
{
    struct buf *token = &listing->token;
    struct page page = {.listing = listing, .token = BUF(LOGS_TOKEN_BYTES)};
    if (listing->pages++ == LOGS_PAGES_MAX)
        return error_set(err, ERROR_LIMIT, "a listing of more than %d pages", LOGS_PAGES_MAX);
    int result = json_read(body, LOGS_ANSWER_BYTES, visit_page, &page, err);
    if (result == 0 && !page.listed)
        result = error_set(err, ERROR_GARBLED, "it lists nothing");
    else if (result == 0 && page.token.length && page.token.length == token->length &&
             memcmp(page.token.data, token->data, token->length) == 0)
        result = error_set(err, ERROR_GARBLED, "the listing does not move on");
    buf_free(token);
    *token = page.token;
    return result == 0 ? 0 : error_add(err, "reading the answer to DescribeLogGroups");
}

struct streams {
    bool listed, any;
};

static int visit_streams(void *context, const struct json_event *event, struct error *err)
{
    struct streams *streams = context;
    (void)err;
    streams->listed |= json_at(event, "logStreams") && event->type == JSON_ARRAY;
    streams->any |= json_at(event, "logStreams[]");
    return 0;
}

int logs_read_streams(struct text body, bool *ret_any, struct error *err)
{
    struct streams streams = {0};
    if (json_read(body, LOGS_ANSWER_BYTES, visit_streams, &streams, err) != 0)
        return error_add(err, "reading the answer to DescribeLogStreams");
    if (!streams.listed)
        return error_set(err, ERROR_GARBLED, "the answer to DescribeLogStreams lists nothing");
    *ret_any = streams.any;
    return 0;
}
