#include "aws/logs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"

static const char *const operation_names[] = {
    [LOGS_CREATE] = "CreateLogGroup",
    [LOGS_DELETE] = "DeleteLogGroup",
    [LOGS_DESCRIBE] = "DescribeLogGroups",
    [LOGS_DESCRIBE_STREAMS] = "DescribeLogStreams",
};

const char *logs_operation_name(enum logs_operation operation)
{
    return operation_names[operation];
}

int logs_request(struct request *request, const char *url, enum logs_operation operation,
                 const char *name, const char *token, struct error *err)
{
    char target[64];
    struct buf *body = &request->body;
    request_init(request, "POST");
    if (request_url(request, url, err) != 0)
        return -1;
    (void)snprintf(target, sizeof(target), "Logs_20140328.%s", operation_names[operation]);
    request_header(request, "Content-Type", text_from("application/x-amz-json-1.1"));
    request_header(request, "X-Amz-Target", text_from(target));
    json_object(body, NULL);
    json_string(body, operation == LOGS_DESCRIBE ? "logGroupNamePrefix" : "logGroupName", name);
    if (operation == LOGS_DESCRIBE)
        json_integer(body, "limit", LOGS_PAGE_GROUPS);
    if (operation == LOGS_DESCRIBE_STREAMS)
        json_integer(body, "limit", 1);
    if (token && *token)
        json_string(body, "nextToken", token);
    json_object_end(body);
    return request_check(request, err);
}

/* What a code means, whatever the operation. */
static const struct {
    const char *code;
    enum logs_outcome outcome;
    enum logs_hint hint;
    bool throttled;
} codes[] = {
    {"ResourceAlreadyExistsException", LOGS_EXISTS, LOGS_HINT_NONE, false},
    {"ResourceNotFoundException", LOGS_ABSENT, LOGS_HINT_NONE, false},
    {"OperationAbortedException", LOGS_UNKNOWN, LOGS_HINT_NONE, false},
    {"ServiceUnavailableException", LOGS_UNKNOWN, LOGS_HINT_NONE, false},
    {"RequestTimeout", LOGS_UNKNOWN, LOGS_HINT_NONE, false},
    {"RequestTimeoutException", LOGS_UNKNOWN, LOGS_HINT_NONE, false},
    {"PriorRequestNotComplete", LOGS_UNKNOWN, LOGS_HINT_NONE, true},
    {"TransactionInProgressException", LOGS_UNKNOWN, LOGS_HINT_NONE, true},
    {"Throttling", LOGS_LATER, LOGS_HINT_NONE, true},
    {"ThrottlingException", LOGS_LATER, LOGS_HINT_NONE, true},
    {"ThrottledException", LOGS_LATER, LOGS_HINT_NONE, true},
    {"RequestThrottled", LOGS_LATER, LOGS_HINT_NONE, true},
    {"RequestThrottledException", LOGS_LATER, LOGS_HINT_NONE, true},
    {"TooManyRequestsException", LOGS_LATER, LOGS_HINT_NONE, true},
    {"RequestLimitExceeded", LOGS_LATER, LOGS_HINT_NONE, true},
    {"BandwidthLimitExceeded", LOGS_LATER, LOGS_HINT_NONE, true},
    {"SlowDown", LOGS_LATER, LOGS_HINT_NONE, true},
    {"ProvisionedThroughputExceededException", LOGS_LATER, LOGS_HINT_NONE, true},
    {"EC2ThrottledException", LOGS_LATER, LOGS_HINT_NONE, true},
    {"ExpiredTokenException", LOGS_REFUSED, LOGS_HINT_KEYS, false},
    {"ExpiredToken", LOGS_REFUSED, LOGS_HINT_KEYS, false},
    {"UnrecognizedClientException", LOGS_REFUSED, LOGS_HINT_KEYS, false},
    {"InvalidSignatureException", LOGS_REFUSED, LOGS_HINT_CLOCK, false},
    {"SignatureDoesNotMatch", LOGS_REFUSED, LOGS_HINT_CLOCK, false},
    {"RequestTimeTooSkewed", LOGS_REFUSED, LOGS_HINT_CLOCK_SURE, false},
    {"RequestExpired", LOGS_REFUSED, LOGS_HINT_CLOCK_SURE, false},
    {"RequestInTheFuture", LOGS_REFUSED, LOGS_HINT_CLOCK_SURE, false},
};

/* "com.amazonaws.logs#ThrottlingException:http://..." -> "ThrottlingException" */
static void set_code(struct logs_reply *reply, const char *type)
{
    const char *hash = strrchr(type, '#');
    struct text code = text_from(hash ? hash + 1 : type);
    const char *colon = code.length ? memchr(code.data, ':', code.length) : NULL;
    if (colon)
        code.length = (size_t)(colon - code.data);
    (void)text_printable(code, reply->code, sizeof(reply->code));
}

/* Returns false if the body is not an error as AWS writes them. */
static bool read_error(struct text body, const char *error_type, struct logs_reply *reply)
{
    CLEAN(buf) struct buf type = BUF(LOGS_ANSWER_BYTES);
    CLEAN(buf) struct buf lower = BUF(LOGS_ANSWER_BYTES);
    CLEAN(buf) struct buf upper = BUF(LOGS_ANSWER_BYTES);
    struct json_pick picks[] = {{.path = "__type", .value = &type},
                                {.path = "message", .value = &lower},
                                {.path = "Message", .value = &upper}};
    bool read = json_pick(body, LOGS_ANSWER_BYTES, picks, 3, NULL) == 0;
    set_code(reply, read && type.length ? buf_text(&type) : error_type);
    const struct buf *message = lower.length ? &lower : &upper;
    if (read)
        (void)text_printable(text_from(buf_text(message)), reply->message, sizeof(reply->message));
    return read && reply->code[0];
}

static void sort_code(struct logs_reply *reply)
{
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        if (strcmp(reply->code, codes[i].code) != 0)
            continue;
        reply->outcome = codes[i].outcome;
        reply->hint = codes[i].hint;
        reply->throttled = codes[i].throttled;
        return;
    }
    /* A quota of log groups is final, a rate is not; both come under this code. */
    if (strcmp(reply->code, "LimitExceededException") == 0 &&
        strstr(reply->message, "Rate exceeded")) {
        reply->outcome = LOGS_LATER;
        reply->throttled = true;
    }
}

void logs_sort(enum logs_operation operation, int status, struct text body, const char *error_type,
               struct logs_reply *ret_reply)
{
    struct logs_reply reply = {.outcome = LOGS_REFUSED};
    if (status == 200) {
        bool may_be_empty = operation == LOGS_CREATE || operation == LOGS_DELETE;
        body = text_trim(body);
        bool object = body.length && body.data[0] == '{';
        reply.outcome = object || (may_be_empty && body.length == 0) ? LOGS_DONE : LOGS_UNUSABLE;
        *ret_reply = reply;
        return;
    }
    bool is_error = read_error(body, error_type, &reply);
    if (is_error)
        sort_code(&reply);
    else
        reply.outcome = LOGS_UNUSABLE;
    if ((status == 500 || status == 502 || status == 503 || status == 504) && !reply.throttled)
        reply.outcome = LOGS_UNKNOWN;
    if (!reply.code[0])
        (void)snprintf(reply.code, sizeof(reply.code), "HTTP status %d", status);
    bool creates = operation == LOGS_CREATE;
    if ((reply.outcome == LOGS_EXISTS && !creates) || (reply.outcome == LOGS_ABSENT && creates))
        reply.outcome = LOGS_REFUSED;
    *ret_reply = reply;
}

static enum error_kind kind_of(enum logs_outcome outcome)
{
    switch (outcome) {
    case LOGS_REFUSED:
        return ERROR_DENIED;
    case LOGS_LATER:
        return ERROR_LATER;
    case LOGS_UNKNOWN:
        return ERROR_UNKNOWN;
    case LOGS_UNUSABLE:
        return ERROR_GARBLED;
    case LOGS_DONE:
    case LOGS_EXISTS:
    case LOGS_ABSENT:
        break;
    }
    return ERROR_INTERNAL;
}

static int add_statement(enum logs_operation operation, const char *name, const char *region,
                         struct error *err)
{
    char resource[1024];
    size_t used = strlen(err->text);
    if (operation == LOGS_DESCRIBE)
        (void)snprintf(resource, sizeof(resource), "*");
    else
        (void)snprintf(resource, sizeof(resource), "arn:*:logs:%s:*:log-group:%.*s/*", region,
                       (int)(strrchr(name, '/') ? strrchr(name, '/') - name : (long)strlen(name)),
                       name);
    (void)snprintf(err->text + used, sizeof(err->text) - used,
                   "; allow it: {\"Effect\":\"Allow\",\"Action\":\"logs:%s\",\"Resource\":\"%s\"}",
                   operation_names[operation], resource);
    return -1;
}

int logs_error(const struct logs_reply *reply, enum logs_operation operation, const char *name,
               const char *region, const char *request_id, struct error *err)
{
    char id[96] = "";
    if (!err)
        return -1;
    if (reply->outcome == LOGS_UNUSABLE) {
        return error_set(err, ERROR_GARBLED,
                         "%s: what answered is not CloudWatch Logs (%s); is the endpoint right?",
                         operation_names[operation],
                         reply->code[0] ? reply->code : "no JSON in its answer");
    }
    if (request_id && *request_id)
        (void)snprintf(id, sizeof(id), " (request %.64s)", request_id);
    (void)error_set(err, kind_of(reply->outcome), "%s refused: %s%s%s%s",
                    operation_names[operation], reply->code, reply->message[0] ? ": " : "",
                    reply->message, id);
    if (strncmp(reply->code, "AccessDenied", strlen("AccessDenied")) == 0)
        return add_statement(operation, name, region, err);
    return -1;
}

void logs_listing_clear(struct logs_listing *listing)
{
    buf_clear(&listing->names);
    buf_clear(&listing->token);
    listing->count = 0;
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
    bool named, dated, listed;
};

static int add_group(struct page *page, struct error *err)
{
    struct logs_listing *listing = page->listing;
    if (!page->named || !page->dated)
        return error_set(err, ERROR_GARBLED, "a log group without a name or creation time");
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

static int set_name(struct page *page, struct text name, struct error *err)
{
    page->group.name_at = page->listing->names.length;
    page->group.name_bytes = name.length;
    page->named = true;
    (void)buf_add(&page->listing->names, name.data, name.length);
    return buf_check(&page->listing->names, "the listing", err);
}

static int visit_page(void *context, const struct json_event *event, struct error *err)
{
    struct page *page = context;
    struct logs_group *group = &page->group;
    bool integer = event->type == JSON_INTEGER;
    if (json_at(event, "logGroups[]") && event->type == JSON_OBJECT) {
        *group = (struct logs_group){0};
        page->named = page->dated = false;
    } else if (json_at(event, "logGroups[]") && event->type == JSON_OBJECT_END) {
        return add_group(page, err);
    } else if (json_at(event, "logGroups[].logGroupName") && event->type == JSON_STRING) {
        return set_name(page, event->text, err);
    } else if (json_at(event, "logGroups[].creationTime") && integer) {
        group->created_ms = event->integer;
        page->dated = true;
    } else if (json_at(event, "logGroups[].storedBytes") && integer) {
        group->has_content |= event->integer > 0;
    } else if (json_at(event, "logGroups[].metricFilterCount") && integer) {
        group->has_content |= event->integer > 0;
    } else if (json_at(event, "logGroups[].deletionProtectionEnabled")) {
        group->has_content |= event->type == JSON_BOOL && event->boolean;
    } else if (json_at(event, "logGroups") && event->type == JSON_ARRAY) {
        page->listed = true;
    } else if (json_at(event, "nextToken") && event->type == JSON_STRING) {
        buf_clear(&page->listing->token);
        (void)buf_add(&page->listing->token, event->text.data, event->text.length);
        return buf_check(&page->listing->token, "the token of the next page", err);
    }
    return 0;
}

int logs_listing_add(struct logs_listing *listing, struct text body, struct error *err)
{
    struct page page = {.listing = listing};
    buf_clear(&listing->token);
    if (json_read(body, LOGS_ANSWER_BYTES, visit_page, &page, err) != 0)
        return error_add(err, "reading the answer to DescribeLogGroups");
    if (!page.listed)
        return error_set(err, ERROR_GARBLED, "the answer to DescribeLogGroups lists nothing");
    return 0;
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
