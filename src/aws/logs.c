#include "aws/logs.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "aws/retry.h"
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
                 const char *name, const char *more, struct error *err)
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
    if (operation == LOGS_DESCRIBE && !*name)
        json_string(body, "logGroupNamePattern", LOGS_PATTERN);
    else
        json_string(body, operation == LOGS_DESCRIBE ? "logGroupNamePrefix" : "logGroupName", name);
    if (operation == LOGS_DESCRIBE)
        json_integer(body, "limit", LOGS_PAGE_GROUPS);
    if (operation == LOGS_DESCRIBE_STREAMS)
        json_integer(body, "limit", 1);
    if (operation == LOGS_DESCRIBE && more && *more)
        json_string(body, "nextToken", more);
    if (operation == LOGS_CREATE)
        logs_write_tags(more, body);
    json_object_end(body);
    return request_check(request, err);
}

/*
 * What a code means, for all operations. aws/retry knows the codes that are worth another try, and
 * those that are about the clock.
 */
static const struct {
    const char *code;
    enum logs_outcome outcome;
    bool bad_keys, about_keys;
} codes[] = {
    {"ResourceAlreadyExistsException", LOGS_EXISTS, false, false},
    {"ResourceNotFoundException", LOGS_ABSENT, false, false},
    {"OperationAbortedException", LOGS_UNKNOWN, false, false},
    {"UnknownOperationException", LOGS_UNUSABLE, false, false},
    {"ServiceUnavailableException", LOGS_UNKNOWN, false, false},
    {"ExpiredTokenException", LOGS_REFUSED, true, true},
    {"ExpiredToken", LOGS_REFUSED, true, true},
    {"UnrecognizedClientException", LOGS_REFUSED, true, true},
    {"InvalidSignatureException", LOGS_REFUSED, false, true},
    {"SignatureDoesNotMatch", LOGS_REFUSED, false, true},
};

/* Returns false if the body is not an error as AWS writes them. */
static bool read_error(struct text body, const char *error_type, struct logs_reply *reply)
{
    struct error why = {0};
    bool read = refusal_read(body, text_from(error_type), &reply->refusal, &why) == 0;
    reply->no_memory = why.kind == ERROR_SYSTEM;
    return read && *reply->refusal.code;
}

static void classify_code(struct logs_reply *reply)
{
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        if (strcmp(reply->refusal.code, codes[i].code) != 0)
            continue;
        reply->outcome = codes[i].outcome;
        reply->bad_keys = codes[i].bad_keys;
        reply->about_keys = codes[i].about_keys;
        return;
    }
    enum retry_verdict verdict = retry_classify(reply->refusal.code, reply->refusal.message);
    reply->throttled = verdict == RETRY_LATER || verdict == RETRY_BUSY;
    if (verdict != RETRY_NO)
        reply->outcome = verdict == RETRY_LATER ? LOGS_LATER : LOGS_UNKNOWN;
}

void logs_classify(enum logs_operation operation, int status, struct text body,
                   const char *error_type, struct logs_reply *ret_reply)
{
    struct logs_reply reply = {.outcome = LOGS_REFUSED};
    if (status == 200) {
        bool may_be_empty = operation == LOGS_CREATE || operation == LOGS_DELETE;
        struct error why = {0};
        bool good = may_be_empty && text_trim(body).length == 0;
        good = good || json_pick(body, LOGS_ANSWER_BYTES, NULL, 0, &why) == 0;
        reply.no_memory = why.kind == ERROR_SYSTEM;
        reply.outcome = good ? LOGS_DONE : LOGS_UNUSABLE;
        *ret_reply = reply;
        return;
    }
    bool is_error = read_error(body, error_type, &reply);
    if (is_error)
        classify_code(&reply);
    else
        reply.outcome = LOGS_UNUSABLE;
    if (status == 429) {
        reply.outcome = LOGS_LATER;
        reply.throttled = true;
    }
    if ((status == 500 || status == 502 || status == 503 || status == 504) && !reply.throttled)
        reply.outcome = LOGS_UNKNOWN;
    if (!reply.refusal.code[0])
        (void)snprintf(reply.refusal.code, sizeof(reply.refusal.code), "HTTP status %d", status);
    bool creates = operation == LOGS_CREATE;
    bool names_one = operation == LOGS_DELETE || operation == LOGS_DESCRIBE_STREAMS;
    if ((reply.outcome == LOGS_EXISTS && !creates) || (reply.outcome == LOGS_ABSENT && !names_one))
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
                         bool tags, struct error *err)
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
                   LOGS_ALLOW
                   "\"Effect\":\"Allow\",\"Action\":%s\"logs:%s\"%s,\"Resource\":\"%s\"}",
                   tags ? "[" : "", operation_names[operation],
                   tags ? ",\"logs:TagResource\"]" : "", resource);
    return -1;
}

int logs_error(const struct logs_reply *reply, enum logs_operation operation, const char *name,
               const char *region, const char *request_id, struct error *err)
{
    char id[96] = "";
    if (!err)
        return -1;
    if (reply->outcome == LOGS_UNUSABLE && reply->no_memory)
        return error_system(err, ENOMEM, "reading the answer to %s", operation_names[operation]);
    if (reply->outcome == LOGS_UNUSABLE) {
        return error_set(err, ERROR_GARBLED,
                         "%s: what answered is not CloudWatch Logs (%s); is the endpoint right?",
                         operation_names[operation],
                         reply->refusal.code[0] ? reply->refusal.code : "no JSON in its answer");
    }
    if (request_id && *request_id)
        (void)snprintf(id, sizeof(id), " (request %.64s)", request_id);
    const char *what = reply->throttled                 ? "was throttled"
                       : reply->outcome == LOGS_UNKNOWN ? "failed"
                                                        : "refused";
    (void)error_set(err, kind_of(reply->outcome), "%s %s: %s%s%s%s", operation_names[operation],
                    what, reply->refusal.code, reply->refusal.message[0] ? ": " : "",
                    reply->refusal.message, id);
    if (strncmp(reply->refusal.code, "AccessDenied", strlen("AccessDenied")) == 0)
        return add_statement(
            operation, name, region,
            operation == LOGS_CREATE && strstr(reply->refusal.message, "TagResource"), err);
    return -1;
}
