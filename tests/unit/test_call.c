#include "unit.h"

#include "cwlogs-local/call.h"
#include "cwlogs-local/page.h"

static void read_call(struct call *call, const char *json)
{
    struct error err = {0};
    call_init(call);
    assert_int_equal(call_read(call, text_from(json), &err), 0);
}

static void members_are_found(void **state)
{
    (void)state;
    struct call call;
    read_call(&call,
              "{\"logGroupName\":\"p/a\",\"limit\":7,\"descending\":true,\"x\":{\"limit\":9},"
              "\"nextToken\":null,\"orderBy\":\"\",\"y\":[1,{\"logGroupName\":\"no\"}]}");
    assert_string_equal(buf_text(&call.group_name), "p/a");
    assert_true(call.limit.given);
    assert_int_equal(call.limit.value, 7);
    assert_int_equal(call.descending.value, 1);
    assert_false(call.is_protected.given);
    assert_false(call_given(&call.next_token));
    assert_true(call_given(&call.order_by)); /* empty, but there */
    assert_false(call.tags_given);
    call_free(&call);
    call_free(&call);
    read_call(&call, " \n"); /* no body is an empty object */
    call_free(&call);
}

static void tags_and_tag_keys(void **state)
{
    (void)state;
    struct call call;
    read_call(&call, "{\"tags\":{\"b.c[]\":\"1\",\"a\":\"\"}}");
    assert_true(call.tags_given && !call.tags_listed);
    assert_int_equal(call.tags.count, 2);
    assert_string_equal(call.tags.tags[1].key, "b.c[]");
    assert_string_equal(call.tags.tags[1].value, "1");
    call_free(&call);
    read_call(&call, "{\"tagKeys\":[\"x\",\"y\"]}");
    assert_true(call.tags_given && call.tags_listed);
    assert_int_equal(call.tags.count, 2);
    call_free(&call);
    read_call(&call, "{\"tags\":{}}");
    assert_true(call.tags_given);
    assert_int_equal(call.tags.count, 0);
    call_free(&call);
}

static void events_are_gathered(void **state)
{
    (void)state;
    static const struct {
        const char *json;
        size_t count;
        int64_t bytes;
        bool incomplete, unordered, negative;
    } rows[] = {
        {"[]", 0, 0, false, false, false},
        {"[{\"timestamp\":5,\"message\":\"abc\"}]", 1, 29, false, false, false},
        {"[{\"timestamp\":5,\"message\":\"a\"},{\"message\":\"b\",\"timestamp\":9}]", 2, 54, false,
         false, false},
        {"[{\"timestamp\":5,\"message\":\"a\"},{\"timestamp\":4,\"message\":\"b\"}]", 2, 54, false,
         true, false},
        {"[{\"timestamp\":5,\"message\":\"\\u00e4\\u0001\"}]", 1, 29, false, false, false},
        {"[{\"timestamp\":-1,\"message\":\"a\"}]", 1, 27, false, false, true},
        {"[{\"timestamp\":5}]", 0, 0, true, false, false},
        {"[{\"message\":\"a\"}]", 0, 0, true, false, false},
        {"[{\"timestamp\":5},{\"message\":\"a\"}]", 0, 0, true, false, false},
        {"[{\"timestamp\":5,\"message\":\"\"}]", 0, 0, true, false, false},
        {"[{}]", 0, 0, true, false, false},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct call call;
        char json[256];
        (void)snprintf(json, sizeof(json), "{\"logEvents\":%s,\"limit\":1}", rows[i].json);
        read_call(&call, json);
        const struct call_events *events = &call.events;
        check_row(events->given && call.limit.given, rows[i].json);
        check_row(events->batch.count == rows[i].count, rows[i].json);
        check_row(events->batch.bytes == rows[i].bytes, rows[i].json);
        check_row(events->incomplete == rows[i].incomplete, rows[i].json);
        check_row(events->negative == rows[i].negative, rows[i].json);
        check_row(events->batch.unordered == rows[i].unordered, rows[i].json);
        call_free(&call);
    }
}

/* What is too long for any rule of the API is left to these rules. */
static void long_strings_are_cut_and_still_too_long(void **state)
{
    (void)state;
    CLEAN(buf) struct buf json = BUF(65536);
    struct call call;
    (void)buf_add_text(&json, "{\"logGroupName\":\"");
    for (int i = 0; i < 50000; i++)
        (void)buf_add_char(&json, 'a');
    (void)buf_add_text(&json, "\",\"limit\":3}");
    read_call(&call, buf_text(&json));
    assert_in_range(call.group_name.length, 2049, 8192);
    assert_int_equal(call.limit.value, 3);
    call_free(&call);
}

static void wrong_types_are_told(void **state)
{
    (void)state;
    static const struct {
        const char *json, *error;
    } rows[] = {
        {"{\"logGroupName\":1}", "NUMBER_VALUE can not be converted to a String"},
        {"{\"logGroupName\":{}}", "START_OBJECT can not be converted to a String"},
        {"{\"limit\":\"1\"}", "STRING_VALUE can not be converted to an Integer"},
        {"{\"limit\":1.5}", "NUMBER_VALUE can not be converted to an Integer"},
        {"{\"descending\":\"true\"}", "STRING_VALUE can not be converted to a Boolean"},
        {"{\"tags\":\"a\"}", "STRING_VALUE can not be converted to a Map"},
        {"{\"tags\":{\"a\":1}}", "NUMBER_VALUE can not be converted to a String"},
        {"{\"tags\":{\"a\":{}}}", "START_OBJECT can not be converted to a String"},
        {"{\"tagKeys\":{}}", "START_OBJECT can not be converted to a List"},
        {"{\"logEvents\":{}}", "START_OBJECT can not be converted to a List"},
        {"{\"logEvents\":[1]}", "NUMBER_VALUE can not be converted to an InputLogEvent"},
        {"{\"logEvents\":[{\"timestamp\":\"1\"}]}", "STRING_VALUE can not be converted to a Long"},
        {"[]", "START_ARRAY can not be converted to a structure"},
        {"\"x\"", "STRING_VALUE can not be converted to a structure"},
        {"{", "not JSON (byte 1 of 1)"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct call call;
        struct error err = {0};
        call_init(&call);
        check_row(call_read(&call, text_from(rows[i].json), &err) != 0, rows[i].json);
        assert_string_equal(err.text, rows[i].error);
        call_free(&call);
    }
}

static void tokens_hold_for_their_listing_only(void **state)
{
    (void)state;
    CLEAN(buf) struct buf token = BUF(1024);
    struct text last = text_from("unset");
    struct text listing = text_from("groups p/");
    page_write_token(&token, listing, text_from("p/a#t15"));
    struct text written = buf_view(&token);
    assert_true(page_read_token(written, listing, &last));
    assert_true(text_equal(last, "p/a#t15"));
    assert_false(page_read_token(written, text_from("groups p"), &last));
    assert_false(page_read_token(text_slice(written.data, written.length - 1), listing, &last));
    assert_false(page_read_token(text_from(""), listing, &last));
    assert_false(page_read_token(text_from("p/a#t15"), listing, &last));
    assert_false(page_read_token(text_from("0123456789abcdef.p/a#t15"), listing, &last));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members_are_found),
        cmocka_unit_test(tags_and_tag_keys),
        cmocka_unit_test(events_are_gathered),
        cmocka_unit_test(long_strings_are_cut_and_still_too_long),
        cmocka_unit_test(wrong_types_are_told),
        cmocka_unit_test(tokens_hold_for_their_listing_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
