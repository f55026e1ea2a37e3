#include "unit.h"

#include "aws/logs.h"
#include "base/json.h"

#define URL "https://logs.eu-central-1.amazonaws.com"

static void V1_requests(void **state)
{
    (void)state;
    static const struct {
        enum logs_operation operation;
        const char *name, *token, *target, *body;
    } rows[] = {
        {LOGS_CREATE, "deploy/a#t900", NULL, "Logs_20140328.CreateLogGroup",
         "{\"logGroupName\":\"deploy/a#t900\"}"},
        {LOGS_CREATE, "deploy/a", "team=a=b,stage=,g\xc3\xb6=\"q\"", "Logs_20140328.CreateLogGroup",
         "{\"logGroupName\":\"deploy/a\",\"tags\":{\"team\":\"a=b\",\"stage\":\"\","
         "\"g\xc3\xb6\":\"\\\"q\\\"\"}}"},
        {LOGS_DELETE, "deploy/a", NULL, "Logs_20140328.DeleteLogGroup",
         "{\"logGroupName\":\"deploy/a\"}"},
        {LOGS_DESCRIBE, "deploy/", "", "Logs_20140328.DescribeLogGroups",
         "{\"logGroupNamePrefix\":\"deploy/\",\"limit\":50}"},
        {LOGS_DESCRIBE, "deploy/", "t\"1", "Logs_20140328.DescribeLogGroups",
         "{\"logGroupNamePrefix\":\"deploy/\",\"limit\":50,\"nextToken\":\"t\\\"1\"}"},
        {LOGS_DESCRIBE_STREAMS, "deploy/a", NULL, "Logs_20140328.DescribeLogStreams",
         "{\"logGroupName\":\"deploy/a\",\"limit\":1}"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        CLEAN(request) struct request request;
        assert_int_equal(
            logs_request(&request, URL, rows[i].operation, rows[i].name, rows[i].token, NULL), 0);
        check_row(strcmp(request.method, "POST") == 0, rows[i].body);
        check_row(strcmp(buf_text(&request.path), "/") == 0, rows[i].body);
        check_row(text_equal(request_find_header(&request, "X-Amz-Target"), rows[i].target),
                  rows[i].body);
        check_row(
            text_equal(request_find_header(&request, "Content-Type"), "application/x-amz-json-1.1"),
            rows[i].body);
        check_row(strcmp(buf_text(&request.body), rows[i].body) == 0, rows[i].body);
    }
    CLEAN(request) struct request bad;
    assert_int_equal(logs_request(&bad, "ftp://x", LOGS_CREATE, "a", NULL, NULL), -1);
}

static void tags_are_checked(void **state)
{
    (void)state;
    static const struct {
        const char *tags, *reason; /* NULL: fine */
    } rows[] = {
        {"", NULL},
        {"a=b", NULL},
        {"a=b,c=d", NULL},
        {"a=", NULL},
        {"a=b=c", NULL},
        {"a", "KEY=VALUE"},
        {"=b", "KEY=VALUE"},
        {"a=b,,c=d", "KEY=VALUE"},
        {"aws:x=1", "reserved"},
        {"AWS:x=1", "reserved"},
        {"aWs:=1", "reserved"},
        {"aws=1,xaws:y=2", NULL},
        {"a b_.:/+-@=c d_.:/=+-@", NULL},
        {"gr\xc3\xb6\xc3\x9f"
         "e=\xe4\xbd\xa0\xe5\xa5\xbd",
         NULL},
        {"a*=1", "letters"},
        {"a=1;2", "letters"},
        {"a=1\n", "letters"},
        {"a=1,b=2,a=3", "twice"},
        {"a=\xff", "UTF-8"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct error err = {0};
        int got = logs_check_tags(rows[i].tags, &err);
        check_row(got == (rows[i].reason ? -1 : 0), rows[i].tags);
        check_row(!rows[i].reason || strstr(err.text, rows[i].reason), rows[i].tags);
        check_row(!rows[i].reason || err.kind == ERROR_USAGE, rows[i].tags);
    }
    for (int i = 0; i <= 50; i++) {
        CLEAN(buf) struct buf tags = BUF(4096);
        for (int j = 0; j <= i; j++)
            (void)buf_addf(&tags, "k%d=v,", j);
        assert_int_equal(logs_check_tags(buf_text(&tags), NULL), i < 50 ? 0 : -1);
    }
}

/* The limits of the service are in characters, however many bytes one has. */
static void tags_are_measured_in_characters(void **state)
{
    (void)state;
    static const char *const characters[] = {"k", "\xc3\xa4", "\xe4\xbd\xa0", "\xf0\xa0\x80\x80"};
    for (size_t i = 0; i < sizeof(characters) / sizeof(characters[0]); i++) {
        for (int beyond = 0; beyond <= 1; beyond++) {
            CLEAN(buf) struct buf tags = BUF(4096);
            CLEAN(buf) struct buf body = BUF(4096);
            for (int j = 0; j < 128 + beyond; j++)
                (void)buf_add_text(&tags, characters[i]);
            (void)buf_add_text(&tags, "=v");
            check_row(logs_check_tags(buf_text(&tags), NULL) == -beyond, characters[i]);
            json_object(&body, NULL);
            if (!beyond)
                logs_write_tags(buf_text(&tags), &body);
            json_object_end(&body);
            check_row(beyond || body.length == tags.length + strlen("{'tags':{'':''}}") - 1,
                      characters[i]); /* the whole key */
            buf_clear(&tags);
            (void)buf_add_text(&tags, "k=");
            for (int j = 0; j < 256 + beyond; j++)
                (void)buf_add_text(&tags, characters[i]);
            check_row(logs_check_tags(buf_text(&tags), NULL) == -beyond, characters[i]);
        }
    }
}

#define ERROR(code, message) "{\"__type\":\"" code "\",\"message\":\"" message "\"}"

static const struct {
    const char *name;
    enum logs_operation operation;
    int status;
    const char *body;
    enum logs_outcome outcome;
    const char *code;
} outcome_rows[] = {
    {"created", LOGS_CREATE, 200, "", LOGS_DONE, ""},
    {"created, object", LOGS_CREATE, 200, "{}", LOGS_DONE, ""},
    {"deleted", LOGS_DELETE, 200, "\n", LOGS_DONE, ""},
    {"listed", LOGS_DESCRIBE, 200, "{\"logGroups\":[]}", LOGS_DONE, ""},
    {"captive portal", LOGS_CREATE, 200, "<html>", LOGS_UNUSABLE, ""},
    {"text", LOGS_DELETE, 200, "ok", LOGS_UNUSABLE, ""},
    {"redirect", LOGS_CREATE, 302, "", LOGS_UNUSABLE, "HTTP status 302"},
    {"no content", LOGS_CREATE, 204, "", LOGS_UNUSABLE, "HTTP status 204"},
    {"inside: empty", LOGS_DESCRIBE_STREAMS, 200, "{\"logStreams\":[]}", LOGS_DONE, ""},
    {"inside: nothing", LOGS_DESCRIBE_STREAMS, 200, "", LOGS_UNUSABLE, ""},
    {"listed: nothing", LOGS_DESCRIBE, 200, "", LOGS_UNUSABLE, ""},
    {"listed: html", LOGS_DESCRIBE, 200, "<html>", LOGS_UNUSABLE, ""},
    {"created: garbage", LOGS_CREATE, 200, "{oops", LOGS_UNUSABLE, ""},
    {"too many requests", LOGS_CREATE, 429, "<html>", LOGS_LATER, "HTTP status 429"},
    {"busy", LOGS_CREATE, 503, ERROR("SlowDown", "x"), LOGS_LATER, "SlowDown"},
    {"exists", LOGS_CREATE, 400, ERROR("ResourceAlreadyExistsException", "x"), LOGS_EXISTS,
     "ResourceAlreadyExistsException"},
    {"exists, but a delete", LOGS_DELETE, 400, ERROR("ResourceAlreadyExistsException", "x"),
     LOGS_REFUSED, "ResourceAlreadyExistsException"},
    {"absent", LOGS_DELETE, 400, ERROR("ResourceNotFoundException", "x"), LOGS_ABSENT,
     "ResourceNotFoundException"},
    {"absent inside", LOGS_DESCRIBE_STREAMS, 400, ERROR("ResourceNotFoundException", "x"),
     LOGS_ABSENT, "ResourceNotFoundException"},
    {"absent, but a list", LOGS_DESCRIBE, 400, ERROR("ResourceNotFoundException", "x"),
     LOGS_REFUSED, "ResourceNotFoundException"},
    {"aborted", LOGS_DELETE, 400, ERROR("OperationAbortedException", "x"), LOGS_UNKNOWN,
     "OperationAbortedException"},
    {"throttled", LOGS_DESCRIBE, 400, ERROR("ThrottlingException", "Rate exceeded"), LOGS_LATER,
     "ThrottlingException"},
    {"rate", LOGS_DESCRIBE, 400, ERROR("LimitExceededException", "Rate exceeded"), LOGS_LATER,
     "LimitExceededException"},
    {"in between", LOGS_CREATE, 400, ERROR("RequestTimeout", "x"), LOGS_UNKNOWN, "RequestTimeout"},
    {"quota", LOGS_CREATE, 400, ERROR("LimitExceededException", "Resource limit exceeded."),
     LOGS_REFUSED, "LimitExceededException"},
    {"unavailable", LOGS_CREATE, 500, ERROR("ServiceUnavailableException", "x"), LOGS_UNKNOWN,
     "ServiceUnavailableException"},
    {"gateway", LOGS_CREATE, 504, "<html>504</html>", LOGS_UNKNOWN, "HTTP status 504"},
    {"empty 503", LOGS_CREATE, 503, "", LOGS_UNKNOWN, "HTTP status 503"},
    {"wrong path", LOGS_CREATE, 404, ERROR("UnknownOperationException", "x"), LOGS_UNUSABLE,
     "UnknownOperationException"},
    {"html 403", LOGS_CREATE, 403, "<html>blocked</html>", LOGS_UNUSABLE, "HTTP status 403"},
    {"array 400", LOGS_CREATE, 400, "[]", LOGS_UNUSABLE, "HTTP status 400"},
    {"denied", LOGS_CREATE, 400, ERROR("AccessDeniedException", "x"), LOGS_REFUSED,
     "AccessDeniedException"},
    {"namespace", LOGS_CREATE, 400, ERROR("com.amazon.coral.service#InvalidX", "x"), LOGS_REFUSED,
     "InvalidX"},
    {"address", LOGS_CREATE, 400, ERROR("aws#InvalidX:http://x#y", "x"), LOGS_REFUSED, "InvalidX"},
    {"no type", LOGS_CREATE, 403, "{\"message\":\"Forbidden\"}", LOGS_UNUSABLE, "HTTP status 403"},
};

static void Y2_outcomes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(outcome_rows) / sizeof(outcome_rows[0]); i++) {
        struct logs_reply answer;
        logs_classify(outcome_rows[i].operation, outcome_rows[i].status,
                      text_from(outcome_rows[i].body), "", &answer);
        check_row(answer.outcome == outcome_rows[i].outcome, outcome_rows[i].name);
        check_row(strcmp(answer.refusal.code, outcome_rows[i].code) == 0, outcome_rows[i].name);
        check_row(answer.throttled == (outcome_rows[i].outcome == LOGS_LATER),
                  outcome_rows[i].name);
    }
}

/* A throttle after which it is not known whether the request was applied. */
static void Y2_busy_is_throttled_and_unknown(void **state)
{
    (void)state;
    struct logs_reply reply;
    logs_classify(LOGS_CREATE, 400, text_from(ERROR("PriorRequestNotComplete", "x")), "", &reply);
    assert_int_equal(reply.outcome, LOGS_UNKNOWN);
    assert_true(reply.throttled);
}

static void Y3_code_and_message_are_found(void **state)
{
    (void)state;
    struct logs_reply reply;
    logs_classify(LOGS_CREATE, 400, text_from("{\"Message\":\"M\\u001b[31m\"}"),
                  "a#FromHeader:http://x", &reply);
    assert_string_equal(reply.refusal.code, "FromHeader");
    assert_string_equal(reply.refusal.message, "M?[31m");
    logs_classify(LOGS_CREATE, 400,
                  text_from("{\"message\":\"low\",\"Message\":\"up\",\"__type\":\"FromBody\"}"),
                  "FromHeader", &reply);
    assert_string_equal(reply.refusal.code, "FromBody");
    assert_string_equal(reply.refusal.message, "low");
}

static void refusals_tell_of_bad_keys(void **state)
{
    (void)state;
    static const struct {
        const char *body;
        bool bad_keys, about_keys;
    } rows[] = {
        {ERROR("ExpiredTokenException", "x"), true, true},
        {ERROR("UnrecognizedClientException", "x"), true, true},
        {ERROR("InvalidSignatureException", "x"), false, true},
        {ERROR("SignatureDoesNotMatch", "x"), false, true},
        {ERROR("RequestTimeTooSkewed", "x"), false, false},
        {ERROR("RequestExpired", "x"), false, false},
        {ERROR("RequestInTheFuture", "x"), false, false},
        {ERROR("AccessDeniedException", "x"), false, false},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct logs_reply reply;
        logs_classify(LOGS_DESCRIBE, 400, text_from(rows[i].body), "", &reply);
        check_row(reply.outcome == LOGS_REFUSED && reply.bad_keys == rows[i].bad_keys,
                  rows[i].body);
        check_row(reply.about_keys == rows[i].about_keys, rows[i].body);
    }
}

static void E15_lines_for_users(void **state)
{
    (void)state;
    static const struct {
        enum logs_operation operation;
        int status;
        const char *body;
        enum error_kind kind;
        const char *holds[4];
    } rows[] = {
        {LOGS_CREATE,
         400,
         ERROR("AccessDeniedException", "no"),
         ERROR_DENIED,
         {"CreateLogGroup", "AccessDeniedException: no", "\"Action\":\"logs:CreateLogGroup\"",
          ":logs:eu-central-1:*:log-group:deploy/x/*\""}},
        {LOGS_DESCRIBE,
         400,
         ERROR("AccessDeniedException", "no"),
         ERROR_DENIED,
         {"\"logs:DescribeLogGroups\"", "\"Resource\":\"*\"", "req-1", "no"}},
        {LOGS_DELETE,
         400,
         ERROR("UnrecognizedClientException", "m"),
         ERROR_DENIED,
         {"DeleteLogGroup refused: ", "UnrecognizedClientException: m", "req-1", "m"}},
        {LOGS_CREATE,
         200,
         "<html>",
         ERROR_GARBLED,
         {"CreateLogGroup", "not CloudWatch Logs", "", ""}},
        {LOGS_CREATE, 403, "<html>", ERROR_GARBLED, {"HTTP status 403", "", "", ""}},
        {LOGS_CREATE,
         503,
         "",
         ERROR_UNKNOWN,
         {"CreateLogGroup failed: HTTP status 503", "", "", ""}},
        {LOGS_CREATE,
         404,
         ERROR("UnknownOperationException", "x"),
         ERROR_GARBLED,
         {"not CloudWatch Logs (UnknownOperationException)", "endpoint", "", ""}},
        {LOGS_CREATE,
         400,
         ERROR("ThrottlingException", "Rate exceeded"),
         ERROR_LATER,
         {"CreateLogGroup was throttled: ThrottlingException: Rate exceeded", "", "", ""}},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct logs_reply reply;
        struct error err;
        logs_classify(rows[i].operation, rows[i].status, text_from(rows[i].body), "", &reply);
        assert_int_equal(
            logs_error(&reply, rows[i].operation, "deploy/x/a", "eu-central-1", "req-1", &err), -1);
        check_row(err.kind == rows[i].kind, rows[i].body);
        check_row(!strchr(err.text, '\n'), err.text);
        for (int j = 0; j < 4; j++)
            check_row(strstr(err.text, rows[i].holds[j]), err.text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(V1_requests),
        cmocka_unit_test(tags_are_checked),
        cmocka_unit_test(tags_are_measured_in_characters),
        cmocka_unit_test(Y2_outcomes),
        cmocka_unit_test(Y2_busy_is_throttled_and_unknown),
        cmocka_unit_test(Y3_code_and_message_are_found),
        cmocka_unit_test(refusals_tell_of_bad_keys),
        cmocka_unit_test(E15_lines_for_users),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
