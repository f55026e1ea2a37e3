#include "cwlogs-local/answer.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/json.h"

#define MESSAGE_BYTES 1024

static const struct {
    const char *name;
    int status;
} outcomes[OUTCOME_COUNT] = {
    [OUTCOME_OK] = {"ok", 200},
    [OUTCOME_GROUP_EXISTS] = {"ResourceAlreadyExistsException", 400},
    [OUTCOME_NOT_FOUND] = {"ResourceNotFoundException", 400},
    [OUTCOME_ABORTED] = {"OperationAbortedException", 400},
    [OUTCOME_THROTTLED] = {"ThrottlingException", 400},
    [OUTCOME_LIMIT] = {"LimitExceededException", 400},
    [OUTCOME_UNAVAILABLE] = {"ServiceUnavailableException", 500},
    [OUTCOME_INVALID_PARAMETER] = {"InvalidParameterException", 400},
    [OUTCOME_VALIDATION] = {"ValidationException", 400},
    [OUTCOME_TOO_MANY_TAGS] = {"TooManyTagsException", 400},
    [OUTCOME_ACCESS_DENIED] = {"AccessDeniedException", 400},
    [OUTCOME_EXPIRED_TOKEN] = {"ExpiredTokenException", 400},
    [OUTCOME_UNRECOGNIZED_CLIENT] = {"UnrecognizedClientException", 400},
    [OUTCOME_INVALID_SIGNATURE] = {"InvalidSignatureException", 400},
    [OUTCOME_INCOMPLETE_SIGNATURE] = {"IncompleteSignatureException", 400},
    [OUTCOME_MISSING_TOKEN] = {"MissingAuthenticationTokenException", 400},
    [OUTCOME_SERIALIZATION] = {"SerializationException", 400},
    [OUTCOME_UNKNOWN_OPERATION] = {"UnknownOperationException", 400},
    [OUTCOME_TOO_LARGE] = {"RequestEntityTooLargeException", 413},
    [OUTCOME_LOST] = {"lost", 0},
    [OUTCOME_DROPPED] = {"dropped", 0},
    [OUTCOME_REFUSED] = {"refused", 0},
    [OUTCOME_HUNG] = {"hung", 0},
};

const char *outcome_name(enum outcome outcome)
{
    assert(outcome >= 0 && outcome < OUTCOME_COUNT);
    return outcomes[outcome].name;
}

int outcome_status(enum outcome outcome)
{
    assert(outcome >= 0 && outcome < OUTCOME_COUNT);
    return outcomes[outcome].status;
}

void answer_init(struct answer *answer)
{
    *answer = (struct answer){.outcome = OUTCOME_OK,
                              .invalid = OUTCOME_INVALID_PARAMETER,
                              .status = 200,
                              .content_type = "application/x-amz-json-1.1",
                              .body = BUF(ANSWER_BODY_BYTES)};
}

void answer_free(struct answer *answer)
{
    buf_free(&answer->body);
}

void answer_fail(struct answer *answer, enum outcome outcome, const char *format, ...)
{
    char message[MESSAGE_BYTES];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(message, sizeof(message), format, args); /* cutting is fine */
    va_end(args);
    answer->outcome = outcome;
    answer->status = outcome_status(outcome);
    buf_clear(&answer->body);
    json_object(&answer->body, NULL);
    json_string(&answer->body, "__type", outcome_name(outcome));
    json_string(&answer->body, "message", message);
    json_object_end(&answer->body);
}

void answer_line(struct answer *answer, int status, const char *line)
{
    answer->status = status;
    answer->content_type = "text/plain; charset=utf-8";
    buf_clear(&answer->body);
    buf_addf(&answer->body, "%s\n", line); /* a failure sticks, the server asks */
}
