#include "unit.h"

#include "aws/logs.h"

#define GROUP "{\"logGroupName\":\"p/a\",\"creationTime\":1586943467923"

static void one_page(void **state)
{
    (void)state;
    CLEAN(logs_listing) struct logs_listing listing = LOGS_LISTING;
    static const struct {
        const char *name;
        int64_t created_ms;
        bool has_content;
    } rows[] = {
        {"p/a", 1586943467923, false},
        {"p/b", 5, true},
        {"p/c", 6, false},
        {"p/d", 7, true},
        {"p/e", 8, true},
    };
    struct text body =
        text_from("{\"logGroups\":["
                  "{\"logGroupName\":\"p/a\",\"creationTime\":1586943467923,\"storedBytes\":0,"
                  "\"metricFilterCount\":0,\"arn\":\"arn:x:*\",\"logGroupArn\":\"arn:x\",\"new\":{"
                  "\"x\":[1]}},"
                  "{\"creationTime\":5,\"logGroupName\":\"p/b\",\"storedBytes\":12},"
                  "{\"creationTime\":6,\"logGroupName\":\"p/c\",\"storedBytes\":null,"
                  "\"deletionProtectionEnabled\":false,\"kmsKeyId\":null},"
                  "{\"creationTime\":7,\"logGroupName\":\"p/d\",\"metricFilterCount\":2},"
                  "{\"creationTime\":8,\"logGroupName\":\"p/e\",\"deletionProtectionEnabled\":true}"
                  "],\"nextToken\":null}");
    assert_int_equal(logs_listing_add(&listing, body, NULL), 0);
    assert_int_equal(listing.count, 5);
    assert_int_equal(listing.token.length, 0);
    for (uint32_t i = 0; i < 5; i++) {
        check_row(text_equal(logs_listing_name(&listing, i), rows[i].name), rows[i].name);
        check_row(listing.groups[i].created_ms == rows[i].created_ms, rows[i].name);
        check_row(listing.groups[i].has_content == rows[i].has_content, rows[i].name);
    }
}

static void times_out_of_bounds_are_somebody_s_own(void **state)
{
    (void)state;
    static const struct {
        const char *number;
        int64_t created_ms;
        bool has_content;
    } rows[] = {
        {"0", 0, false},
        {"4102444800000", LOGS_CREATED_MAX_MS, false},
        {"4102444800001", 0, true},
        {"9007199254740992", 0, true},
        {"9223372036854775807", 0, true},
        {"9223372036854775808", 0, true},
        {"-1", 0, true},
        {"-9223372036854775808", 0, true},
        {"1e300", 0, true},
        {"1.5", 0, true},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        CLEAN(logs_listing) struct logs_listing listing = LOGS_LISTING;
        char body[200];
        (void)snprintf(body, sizeof(body),
                       "{\"logGroups\":[{\"logGroupName\":\"p/a\",\"creationTime\":%s,"
                       "\"storedBytes\":0}]}",
                       rows[i].number);
        check_row(logs_listing_add(&listing, text_from(body), NULL) == 0, rows[i].number);
        check_row(listing.groups[0].created_ms == rows[i].created_ms, rows[i].number);
        check_row(listing.groups[0].has_content == rows[i].has_content, rows[i].number);
    }
}

/* A thousand pages of them: they are passed over while a listing is read. */
static void nested_names_without_end_take_no_memory(void **state)
{
    (void)state;
    CLEAN(logs_listing) struct logs_listing listing = LOGS_LISTING;
    listing.level_bytes = strlen("p/");
    for (int page = 0; page < 1000; page++) {
        CLEAN(buf) struct buf body = BUF(LOGS_ANSWER_BYTES);
        (void)buf_addf(&body, "{\"nextToken\":\"t%d\",\"logGroups\":[", page);
        for (int i = 0; i < LOGS_PAGE_GROUPS; i++)
            (void)buf_addf(&body, "%s{\"creationTime\":1,\"logGroupName\":\"p/q/%d\"}",
                           i ? "," : "", page * LOGS_PAGE_GROUPS + i);
        (void)buf_add_text(&body, "]}");
        assert_int_equal(logs_listing_add(&listing, text_from(buf_text(&body)), NULL), 0);
    }
    assert_int_equal(listing.count, 0);
    assert_int_equal(listing.names.length, 0);
}

static void nested_names_take_no_memory(void **state)
{
    (void)state;
    CLEAN(logs_listing) struct logs_listing listing = LOGS_LISTING;
    struct text body =
        text_from("{\"logGroups\":[{\"creationTime\":1,\"logGroupName\":\"p/q/a\"},"
                  "{\"logGroupName\":\"p/q/b#t1\",\"creationTime\":2,\"storedBytes\":5},"
                  "{\"creationTime\":3,\"logGroupName\":\"p/q\"},"
                  "{\"creationTime\":4,\"logGroupName\":\"p/q/\"}]}");
    listing.level_bytes = strlen("p/");
    assert_int_equal(logs_listing_add(&listing, body, NULL), 0);
    assert_int_equal(listing.count, 1);
    assert_int_equal(listing.nested, 3);
    assert_int_equal(listing.names.length, strlen("p/q"));
    assert_true(text_equal(logs_listing_name(&listing, 0), "p/q"));
    assert_false(listing.groups[0].has_content);
    logs_listing_clear(&listing);
    assert_int_equal(listing.nested, 0);
    assert_int_equal(listing.level_bytes, strlen("p/"));
}

static void many_pages(void **state)
{
    (void)state;
    CLEAN(logs_listing) struct logs_listing listing = LOGS_LISTING;
    for (int page = 0; page < 40; page++) {
        CLEAN(buf) struct buf body = BUF(64 * 1024);
        (void)buf_addf(&body, "{\"logGroups\":[");
        for (int i = 0; i < LOGS_PAGE_GROUPS; i++)
            (void)buf_addf(&body, "%s{\"logGroupName\":\"p/%06d\",\"creationTime\":%d}",
                           i ? "," : "", page * LOGS_PAGE_GROUPS + i, i);
        (void)buf_addf(&body, "]");
        if (page < 39)
            (void)buf_addf(&body, ",\"nextToken\":\"t%d\"", page);
        (void)buf_addf(&body, "}");
        assert_int_equal(logs_listing_add(&listing, text_from(buf_text(&body)), NULL), 0);
        assert_int_equal(listing.token.length == 0, page == 39);
    }
    assert_int_equal(listing.count, 2000);
    assert_true(text_equal(logs_listing_name(&listing, 0), "p/000000"));
    assert_true(text_equal(logs_listing_name(&listing, 1999), "p/001999"));
    logs_listing_clear(&listing);
    assert_int_equal(listing.count, 0);
    assert_int_equal(logs_listing_add(&listing, text_from("{\"logGroups\":[]}"), NULL), 0);
    assert_int_equal(listing.token.length, 0);
}

static void unusable_pages(void **state)
{
    (void)state;
    static const struct {
        const char *name, *body;
    } rows[] = {
        {"empty", ""},
        {"html", "<html></html>"},
        {"array", "[]"},
        {"no groups", "{}"},
        {"groups null", "{\"logGroups\":null}"},
        {"groups object", "{\"logGroups\":{}}"},
        {"group a string", "{\"logGroups\":[\"p/a\"]}"},
        {"group null", "{\"logGroups\":[null]}"},
        {"group an array", "{\"logGroups\":[[]]}"},
        {"no name", "{\"logGroups\":[{\"creationTime\":1}]}"},
        {"name null", "{\"logGroups\":[{\"creationTime\":1,\"logGroupName\":null}]}"},
        {"name empty", "{\"logGroups\":[{\"creationTime\":1,\"logGroupName\":\"\"}]}"},
        {"name a number", "{\"logGroups\":[{\"creationTime\":1,\"logGroupName\":1}]}"},
        {"no time", "{\"logGroups\":[{\"logGroupName\":\"p/a\"}]}"},
        {"time null", "{\"logGroups\":[{\"logGroupName\":\"p/a\",\"creationTime\":null}]}"},
        {"time a string", "{\"logGroups\":[{\"logGroupName\":\"p/a\",\"creationTime\":\"1\"}]}"},
        {"time of another", "{\"logGroups\":[" GROUP "},{\"logGroupName\":\"p/b\"}]}"},
        {"bytes a string", "{\"logGroups\":[" GROUP ",\"storedBytes\":\"1\"}]}"},
        {"filters an object", "{\"logGroups\":[" GROUP ",\"metricFilterCount\":{}}]}"},
        {"protected 1", "{\"logGroups\":[" GROUP ",\"deletionProtectionEnabled\":1}]}"},
        {"name twice", "{\"logGroups\":[" GROUP ",\"logGroupName\":\"p/b\"}]}"},
        {"token a number", "{\"logGroups\":[],\"nextToken\":1}"},
        {"cut", "{\"logGroups\":[" GROUP "},{\"logGroupName\":\"p/b\""},
        {"token as before", "{\"logGroups\":[" GROUP "}],\"nextToken\":\"t0\"}"},
        {"too deep", "{\"x\":[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]],\"logGroups\":[]}"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        CLEAN(logs_listing) struct logs_listing listing = LOGS_LISTING;
        struct error err = {0};
        struct text page = text_from("{\"logGroups\":[" GROUP "}],\"nextToken\":\"t0\"}");
        assert_int_equal(logs_listing_add(&listing, page, NULL), 0);
        check_row(logs_listing_add(&listing, text_from(rows[i].body), &err) == -1, rows[i].name);
        check_row(err.kind == ERROR_GARBLED && err.text[0], rows[i].name);
    }
}

static void entries_without_end(void **state)
{
    (void)state;
    CLEAN(logs_listing) struct logs_listing listing = LOGS_LISTING;
    struct error err;
    for (int page = 0; page <= 20; page++) {
        CLEAN(buf) struct buf body = BUF(LOGS_ANSWER_BYTES);
        (void)buf_addf(&body, "{\"nextToken\":\"t%d\",\"logGroups\":[", page);
        for (int i = 0; i < 1000; i++)
            (void)buf_addf(&body, "%s" GROUP "}", i ? "," : "");
        (void)buf_add_text(&body, "]}");
        assert_int_equal(logs_listing_add(&listing, text_from(buf_text(&body)), &err),
                         page < 20 ? 0 : -1);
    }
    assert_int_equal(listing.count, LOGS_GROUPS_MAX);
    assert_int_equal(err.kind, ERROR_LIMIT);
    assert_non_null(strstr(err.text, "20000"));
}

static void long_name_and_token(void **state)
{
    (void)state;
    for (int beyond = 0; beyond <= 1; beyond++) {
        CLEAN(logs_listing) struct logs_listing listing = LOGS_LISTING;
        CLEAN(buf) struct buf body = BUF(16 * 1024);
        (void)buf_addf(&body, "{\"logGroups\":[{\"creationTime\":1,\"logGroupName\":\"%0*d\"}]}",
                       LOGS_NAME_BYTES + beyond, 0);
        assert_int_equal(logs_listing_add(&listing, text_from(buf_text(&body)), NULL), -beyond);
        buf_clear(&body);
        (void)buf_addf(&body, "{\"logGroups\":[],\"nextToken\":\"%0*d\"}",
                       LOGS_TOKEN_BYTES + beyond, 0);
        assert_int_equal(logs_listing_add(&listing, text_from(buf_text(&body)), NULL), -beyond);
    }
}

static void streams(void **state)
{
    (void)state;
    static const struct {
        const char *body;
        int result;
        bool any;
    } rows[] = {
        {"{\"logStreams\":[]}", 0, false},
        {"{\"logStreams\":[],\"other\":[1]}", 0, false},
        {"{\"logStreams\":[{\"arn\":\"x\"}],\"nextToken\":\"t\"}", 0, true},
        {"{}", -1, false},
        {"{\"logStreams\":null}", -1, false},
        {"<html>", -1, false},
        {"", -1, false},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        bool any = !rows[i].any;
        struct error err;
        check_row(logs_read_streams(text_from(rows[i].body), &any, &err) == rows[i].result,
                  rows[i].body);
        check_row(any == (rows[i].result == 0 ? rows[i].any : !rows[i].any), rows[i].body);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_page),
        cmocka_unit_test(times_out_of_bounds_are_somebody_s_own),
        cmocka_unit_test(nested_names_take_no_memory),
        cmocka_unit_test(nested_names_without_end_take_no_memory),
        cmocka_unit_test(many_pages),
        cmocka_unit_test(unusable_pages),
        cmocka_unit_test(entries_without_end),
        cmocka_unit_test(long_name_and_token),
        cmocka_unit_test(streams),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
