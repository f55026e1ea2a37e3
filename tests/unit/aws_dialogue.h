/*
 * aws_dialogue - a test plays clock, network and processes to a look-up of credentials.
 *
 *     begin(&world);  expect_post(...); answer(200, "...");  expect_keys("id/secret/token"); end();
 */
#ifndef AWS_DIALOGUE_H
#define AWS_DIALOGUE_H

#include "aws/credentials.h"
#include "aws/retry.h"
#include "aws_world.h"

#define NOW ((struct wall){1800000000000}) /* 2027-01-15T08:00:00Z */

#define IN_AN_HOUR "2027-01-15T09:00:00Z"

static struct {
    struct aws_settings settings;
    struct credentials_lookup *lookup;
    struct credentials_want want;
    struct credentials keys;
    struct error err;
    int result;
    struct wall now;
    struct retry_budget budget;
} talk;

static void step(const struct credentials_answer *answer)
{
    talk.want = (struct credentials_want){.kind = CREDENTIALS_NOT_MINE};
    talk.err = (struct error){0};
    talk.result = credentials_step(talk.lookup, talk.now, answer, &talk.want, &talk.err);
}

static void begin(struct world *world)
{
    struct error err = {0};
    talk.now = NOW;
    talk.budget = RETRY_BUDGET;
    if (world_load(world, &talk.settings, &err) != 0) {
        print_error("%s\n", err.text);
        fail();
    }
    credentials_init(&talk.keys);
    talk.lookup = credentials_lookup_new(&talk.settings, "us-east-1", &talk.budget, NULL);
    assert_non_null(talk.lookup);
    step(NULL);
}

static inline void begin_again(void)
{
    credentials_restart(talk.lookup);
    step(NULL);
}

static void end(void)
{
    credentials_lookup_destroy(talk.lookup);
    credentials_free(&talk.keys);
    aws_settings_free(&talk.settings);
}

static inline void answer(int status, const char *output)
{
    struct credentials_answer given = {.status = status, .output = text_from(output)};
    assert_int_equal(talk.result, 0);
    step(&given);
}

static inline void fail_to_send(bool retryable, bool late)
{
    struct error failure = {.kind = ERROR_UNAVAILABLE, .text = "no connection to HOST"};
    struct credentials_answer given = {.failure = &failure, .retryable = retryable, .late = late};
    assert_int_equal(talk.result, 0);
    step(&given);
}

/* The keys as "id/secret/token". */
static void expect_keys(const char *expected)
{
    char got[200];
    if (talk.result != 0)
        print_error("%s\n", talk.err.text);
    assert_int_equal(talk.result, 0);
    assert_int_equal(talk.want.kind, CREDENTIALS_KEYS);
    credentials_take(talk.lookup, &talk.keys);
    (void)snprintf(got, sizeof(got), "%s/%s/%s", buf_text(&talk.keys.id),
                   buf_text(&talk.keys.secret), buf_text(&talk.keys.token));
    assert_string_equal(got, expected);
}

/* That it wants this sent: "POST https://host/path?query" and exactly this body. */
static inline void expect_send(const char *line, const char *body)
{
    CLEAN(buf) struct buf got = BUF(10000);
    if (talk.result != 0)
        print_error("%s\n", talk.err.text);
    assert_int_equal(talk.result, 0);
    assert_int_equal(talk.want.kind, CREDENTIALS_SEND);
    (void)buf_addf(&got, "%s ", talk.want.request->method);
    request_write_url(talk.want.request, &got);
    assert_string_equal(buf_text(&got), line);
    assert_string_equal(buf_text(&talk.want.request->body), body);
}

static inline void expect_header(const char *name, const char *value)
{
    struct text got = request_find_header(talk.want.request, name);
    check_row(value ? text_equal(got, value) : got.data == NULL, name);
}

static void expect_error_(enum error_kind kind, const char *const *words)
{
    if (talk.result == 0 || talk.err.kind != kind)
        print_error("result %d, kind %d, '%s'\n", talk.result, (int)talk.err.kind, talk.err.text);
    assert_int_equal(talk.result, -1);
    assert_int_equal(talk.err.kind, kind);
    assert_null(strchr(talk.err.text, '\n'));
    assert_null(strstr(talk.err.text, "SECRET"));
    for (; *words; words++) {
        if (!strstr(talk.err.text, *words))
            print_error("no '%s' in '%s'\n", *words, talk.err.text);
        assert_non_null(strstr(talk.err.text, *words));
    }
}

#define expect_error(kind, ...) expect_error_((kind), (const char *const[]){__VA_ARGS__, NULL})

#endif
