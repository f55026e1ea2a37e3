#include "unit.h"

#include "cwlogs-local/auth.h"

#define NOON ((int64_t)1795348800000) /* 2026-11-22T12:00:00Z */

static const char expired[] = "Signature expired: 20261122T120000Z is now earlier than "
                              "20261122T120001Z (20261122T120501Z - 5 min.)";
static const char early[] = "Signature not yet current: 20261122T120000Z is still later than "
                            "20261122T115959Z (20261122T115459Z + 5 min.)";

/* One request, signed at noon, and what a server that knows two keys says to it. */
struct row {
    const char *name;
    const char *id, *secret, *token;
    const char *region, *service;
    int64_t server_ms; /* the server's clock, from noon */
    const char *expired_key;
    enum outcome outcome;
    const char *message; /* contained in the answer; NULL: any */
};

static const struct row rows[] = {
    {"good", "AKID", "secret", NULL, "r1", "logs", 0, "", OUTCOME_OK, NULL},
    {"with a token", "AKID2", "s2", "to:ken", "r1", "logs", 0, "", OUTCOME_OK, NULL},
    {"token missing", "AKID2", "s2", NULL, "r1", "logs", 0, "", OUTCOME_UNRECOGNIZED_CLIENT, NULL},
    {"token wrong", "AKID2", "s2", "x", "r1", "logs", 0, "", OUTCOME_UNRECOGNIZED_CLIENT, NULL},
    {"token not due", "AKID", "secret", "x", "r1", "logs", 0, "", OUTCOME_UNRECOGNIZED_CLIENT,
     NULL},
    {"no such key", "AKI", "secret", NULL, "r1", "logs", 0, "", OUTCOME_UNRECOGNIZED_CLIENT, NULL},
    {"wrong secret", "AKID", "Secret", NULL, "r1", "logs", 0, "", OUTCOME_INVALID_SIGNATURE,
     "does not match the signature you provided"},
    {"5 minutes old", "AKID", "secret", NULL, "r1", "logs", 300000, "", OUTCOME_OK, NULL},
    {"older", "AKID", "secret", NULL, "r1", "logs", 301000, "", OUTCOME_INVALID_SIGNATURE, expired},
    {"5 minutes ahead", "AKID", "secret", NULL, "r1", "logs", -300000, "", OUTCOME_OK, NULL},
    {"further ahead", "AKID", "secret", NULL, "r1", "logs", -301000, "", OUTCOME_INVALID_SIGNATURE,
     early},
    {"region", "AKID", "secret", NULL, "r2", "logs", 0, "", OUTCOME_INVALID_SIGNATURE,
     "valid region, not 'r2'"},
    {"service", "AKID", "secret", NULL, "r1", "sts", 0, "", OUTCOME_INVALID_SIGNATURE,
     "correct service: 'logs'"},
    {"expired", "AKID", "secret", NULL, "r1", "logs", 0, "AKID", OUTCOME_EXPIRED_TOKEN, NULL},
    {"another expired", "AKID", "secret", NULL, "r1", "logs", 0, "AKID2", OUTCOME_OK, NULL},
};

static void make_auth(struct auth *auth)
{
    struct error err;
    *auth = (struct auth){.region = text_from("r1")};
    assert_int_equal(auth_add(auth, text_from("AKID:secret"), &err), 0);
    assert_int_equal(auth_add(auth, text_from("AKID2:s2:to:ken"), &err), 0);
}

static size_t received_headers(const struct request *request, struct sigv4_header *headers)
{
    headers[0] = (struct sigv4_header){text_from("Host"), text_from("localhost:4586")};
    size_t count = 1;
    for (size_t i = 0; i < request->header_count; i++)
        headers[count++] = (struct sigv4_header){text_from(request->headers[i].name),
                                                 buf_view(&request->headers[i].value)};
    return count;
}

static void check_one(const struct auth *auth, const struct row *row)
{
    CLEAN(request) struct request request;
    CLEAN(answer) struct answer answer;
    struct error err = {0};
    struct sigv4_header headers[REQUEST_HEADERS_MAX + 1];
    struct sigv4_keys keys = {.id = row->id, .secret = row->secret, .token = row->token};
    request_init(&request, "POST");
    answer_init(&answer);
    assert_int_equal(request_url(&request, "http://localhost:4586/", &err), 0);
    request_header(&request, "x-amz-target", text_from("Logs_20140328.DescribeLogGroups"));
    assert_int_equal(buf_add_text(&request.body, "{}"), 0);
    struct wall noon = {NOON}, now = {NOON + row->server_ms};
    assert_int_equal(sigv4_sign(&request, &keys, row->region, row->service, noon, &err), 0);
    struct sigv4_received received = {.method = text_from("POST"),
                                      .path = text_from("/"),
                                      .query = text_from(""),
                                      .headers = headers,
                                      .header_count = received_headers(&request, headers),
                                      .body = text_from("{}")};
    bool good = auth_check(auth, &received, now, row->expired_key, &answer);
    check_row(good == (row->outcome == OUTCOME_OK), row->name);
    check_row(answer.outcome == row->outcome, row->name);
    check_row(!row->message || strstr(buf_text(&answer.body), row->message), row->name);
    received.body = text_from("{ }"); /* changed on the way */
    check_row(!good || !auth_check(auth, &received, now, "", &answer), row->name);
}

static void signatures(void **state)
{
    (void)state;
    struct auth auth;
    make_auth(&auth);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        check_one(&auth, &rows[i]);
    auth_free(&auth);
    auth_free(&auth);
}

/* An Authorization header, or none, before a server with and without keys. */
static void headers_that_are_no_signature(void **state)
{
    (void)state;
    static const struct {
        const char *authorization;
        bool keys;
        enum outcome outcome;
    } cases[] = {
        {NULL, true, OUTCOME_MISSING_TOKEN},
        {NULL, false, OUTCOME_OK},
        {"Basic dTpw", true, OUTCOME_INCOMPLETE_SIGNATURE},
        {"Basic dTpw", false, OUTCOME_OK},
        {"AWS4-HMAC-SHA256 Credential=AKID", true, OUTCOME_INCOMPLETE_SIGNATURE},
    };
    struct auth with_keys, without = {.region = text_from("")};
    make_auth(&with_keys);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        CLEAN(answer) struct answer answer;
        struct sigv4_header header = {text_from("AUTHORIZATION"),
                                      text_from(cases[i].authorization)};
        struct sigv4_received received = {.method = text_from("POST"),
                                          .path = text_from("/"),
                                          .headers = &header,
                                          .header_count = cases[i].authorization ? 1 : 0};
        struct wall noon = {NOON};
        answer_init(&answer);
        (void)auth_check(cases[i].keys ? &with_keys : &without, &received, noon, "", &answer);
        check_row(answer.outcome == cases[i].outcome,
                  cases[i].authorization ? cases[i].authorization : "none");
    }
    auth_free(&with_keys);
}

static void words_for_keys(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "AKID", "AKID:", ":secret", "::token"};
    struct auth auth = {0};
    struct error err;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        check_row(auth_add(&auth, text_from(bad[i]), &err) != 0, bad[i]);
        assert_string_equal(err.text, "credentials must be KEYID:SECRET[:TOKEN]");
    }
    for (size_t i = 0; i < AUTH_KEYS_MAX; i++)
        assert_int_equal(auth_add(&auth, text_from("A:b"), &err), 0);
    assert_int_not_equal(auth_add(&auth, text_from("A:b"), &err), 0);
    auth_free(&auth);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signatures),
        cmocka_unit_test(headers_that_are_no_signature),
        cmocka_unit_test(words_for_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
