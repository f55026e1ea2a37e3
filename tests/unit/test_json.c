#include "unit.h"

#include "base/json.h"

#define LIMIT (64 * 1024)

/* Writes down what a visitor sees: one "path=value" per line. */
static int transcribe(void *context, const struct json_event *event, struct error *err)
{
    struct buf *out = context;
    (void)err;
    (void)buf_addf(out, "%s", event->path);
    switch (event->type) {
    case JSON_STRING:
        (void)buf_addf(out, "='%.*s'", TEXT_ARGS(event->text));
        break;
    case JSON_INTEGER:
        (void)buf_addf(out, "=%lld", (long long)event->integer);
        break;
    case JSON_NUMBER:
        (void)buf_addf(out, "=number %.*s", TEXT_ARGS(event->text));
        break;
    case JSON_BOOL:
        (void)buf_addf(out, "=%s", event->boolean ? "true" : "false");
        break;
    case JSON_NULL:
        (void)buf_add_text(out, "=null");
        break;
    case JSON_OBJECT:
        (void)buf_add_text(out, "{");
        break;
    case JSON_OBJECT_END:
        (void)buf_add_text(out, "}");
        break;
    case JSON_ARRAY:
        (void)buf_add_text(out, "[");
        break;
    case JSON_ARRAY_END:
        (void)buf_add_text(out, "]");
        break;
    case JSON_ABSENT:
        fail();
    }
    (void)buf_add_char(out, ' ');
    return 0;
}

static void events(void **state)
{
    (void)state;
    static const struct {
        const char *document, *seen;
    } rows[] = {
        {"{}", "{ } "},
        {" [ ] ", "[ ] "},
        {"null", "=null "},
        {"\"x\"", "='x' "},
        {"{\"a\":{\"b\":[1,{\"c\":true}]},\"d\":null}",
         "{ a{ a.b[ a.b[]=1 a.b[]{ a.b[].c=true a.b[]} a.b] a} d=null } "},
        {"{\"logGroups\":[{\"creationTime\":1586943467923}],\"nextToken\":null}",
         "{ logGroups[ logGroups[]{ logGroups[].creationTime=1586943467923 logGroups[]} "
         "logGroups] nextToken=null } "},
        {"[[1],[2]]", "[ [][ [][]=1 []] [][ [][]=2 []] ] "},
        {"[9223372036854775807,-9223372036854775808,0,-0]",
         "[ []=9223372036854775807 []=-9223372036854775808 []=0 []=0 ] "},
        {"[9223372036854775808,-9223372036854775809,1.0,1e3,-1E-400]",
         "[ []=number 9223372036854775808 []=number -9223372036854775809 []=number 1.0 "
         "[]=number 1e3 []=number -1E-400 ] "},
        {"[\"\\u00e9\\n\\/\\ud83d\\ude00\", \"\xc3\xa9\"]",
         "[ []='\xc3\xa9\n/\xf0\x9f\x98\x80' []='\xc3\xa9' ] "},
        {"{\"a.b\":1,\"a\":{\"b\":2},\"[]\":3,\"\":4,\"\\\\\":5}",
         "{ a\\.b=1 a{ a.b=2 a} \\[\\]=3 \\=4 \\\\=5 } "},
        {"{\"a\":{\"x\":1},\"b\":{\"x\":2}}", "{ a{ a.x=1 a} b{ b.x=2 b} } "},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        CLEAN(buf) struct buf seen = BUF(4096);
        struct error err;
        int got = json_read(text_from(rows[i].document), LIMIT, transcribe, &seen, &err);
        if (got == 0 && strcmp(buf_text(&seen), rows[i].seen) != 0)
            print_error("saw %s\n", buf_text(&seen));
        check_row(got == 0 && strcmp(buf_text(&seen), rows[i].seen) == 0, rows[i].document);
    }
}

static void refused(void **state)
{
    (void)state;
    static const struct {
        const char *name, *document;
        size_t length; /* 0: up to the NUL */
        const char *reason;
    } rows[] = {
        {"empty", "", 0, "not JSON"},
        {"blank", " \n", 0, "not JSON"},
        {"html", "<html>secret</html>", 0, "not JSON (byte"},
        {"cut", "{\"a\":1", 0, "not JSON"},
        {"cut in a string", "\"abc", 0, "not JSON"},
        {"trailing bytes", "{} x", 0, "not JSON"},
        {"two documents", "{}{}", 0, "not JSON"},
        {"trailing comma", "[1,]", 0, "not JSON"},
        {"comment", "[1/*x*/]", 0, "not JSON"},
        {"leading zero", "[01]", 0, "not JSON"},
        {"bare word", "[NaN]", 0, "not JSON"},
        {"raw control character", "\"a\nb\"", 0, "not JSON"},
        {"raw NUL", "\"a\0b\"", 5, "not JSON"},
        {"NUL after it", "{}\0", 3, "not JSON"},
        {"escaped NUL", "[\"a\\u0000b\"]", 0, "U+0000"},
        {"NUL in a key", "{\"a\\u0000b\":1}", 0, "U+0000"},
        {"not UTF-8", "\"\xff\"", 0, "not JSON"},
        {"cut UTF-8", "\"\xc3\"", 0, "not JSON"},
        {"overlong", "\"\xc0\xaf\"", 0, "UTF-8"},
        {"surrogate in UTF-8", "\"\xed\xa0\x80\"", 0, "UTF-8"},
        {"low surrogate alone", "\"\\udc00\"", 0, "surrogate"},
        {"high surrogate alone", "\"\\ud800x\"", 0, "surrogate"},
        {"high surrogate at the end", "\"\\uD83D\"", 0, "surrogate"},
        {"high surrogate before another character", "[\"\\ud800\\u0041\"]", 0, "surrogate"},
        {"high surrogate twice", "{\"\\ud83d\\ud83d\":1}", 0, "surrogate"},
        {"string without an end behind it", "{} \"x", 0, "within a string"},
        {"quote behind it", "{\"logGroups\":[]}\"", 0, "within a string"},
        {"quote behind a number", "1\"\\", 0, "within a string"},
        {"escaped quote at the end", "\"abc\\\"", 0, "within a string"},
        {"beyond Unicode", "\"\xf4\x90\x80\x80\"", 0, "UTF-8"},
        {"UTF-8 in a key", "{\"\xc0\xaf\":1}", 0, "UTF-8"},
        {"same key twice", "{\"a\":1,\"b\":2,\"a\":3}", 0, "same key twice"},
        {"same key twice by escape", "{\"a\":1,\"\\u0061\":3}", 0, "same key twice"},
        {"same key twice inside", "[{\"a\":{\"b\":1,\"b\":1}}]", 0, "same key twice"},
        {"same key after an object", "{\"a\":{\"x\":1},\"a\":2}", 0, "same key twice"},
        {"17 deep", "[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]", 0, "too deeply"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        CLEAN(buf) struct buf seen = BUF(4096);
        struct error err = {0};
        size_t length = rows[i].length ? rows[i].length : strlen(rows[i].document);
        struct text document = text_slice(rows[i].document, length);
        check_row(json_read(document, LIMIT, transcribe, &seen, &err) == -1, rows[i].name);
        check_row(err.kind == ERROR_GARBLED, rows[i].name);
        check_row(strstr(err.text, rows[i].reason) && !strstr(err.text, "secret"), rows[i].name);
    }
}

/* At each limit a document still passes; one beyond does not. */
static void limits(void **state)
{
    (void)state;
    for (int beyond = 0; beyond <= 1; beyond++) {
        CLEAN(buf) struct buf seen = BUF(1024 * 1024);
        CLEAN(buf) struct buf document = BUF(1024 * 1024);
        struct error err;
        for (int i = 0; i < JSON_DEPTH_MAX + beyond; i++)
            (void)buf_add_char(&document, '[');
        for (int i = 0; i < JSON_DEPTH_MAX + beyond; i++)
            (void)buf_add_char(&document, ']');
        struct text text = buf_view(&document);
        assert_int_equal(json_read(text, LIMIT, transcribe, &seen, &err), -beyond);

        buf_clear(&document);
        json_object(&document, NULL);
        for (int i = 0; i < JSON_MEMBERS_MAX + beyond; i++) {
            char key[16];
            (void)snprintf(key, sizeof(key), "k%d", i);
            json_integer(&document, key, i);
        }
        json_object_end(&document);
        text = buf_view(&document);
        assert_int_equal(json_read(text, LIMIT, transcribe, &seen, &err), -beyond);

        char key[JSON_KEY_BYTES + 2] = "";
        memset(key, 'k', (size_t)(JSON_KEY_BYTES + beyond));
        buf_clear(&document);
        json_object(&document, NULL);
        json_integer(&document, key, 1);
        json_object_end(&document);
        text = buf_view(&document);
        assert_int_equal(json_read(text, LIMIT, transcribe, &seen, &err), -beyond);
        assert_int_equal(json_read(text_from("[1]"), 3 - (size_t)beyond, transcribe, &seen, &err),
                         -beyond);
    }
}

/* Two of the longest keys do not fit on one path: refused, not cut. */
static void long_path(void **state)
{
    (void)state;
    CLEAN(buf) struct buf seen = BUF(1024 * 1024);
    CLEAN(buf) struct buf document = BUF(1024 * 1024);
    struct error err;
    char key[JSON_KEY_BYTES + 1] = "";
    memset(key, 'k', JSON_KEY_BYTES);
    json_object(&document, NULL);
    for (int i = 1; i < 3; i++)
        json_object(&document, key);
    for (int i = 0; i < 3; i++)
        json_object_end(&document);
    struct text text = buf_view(&document);
    assert_int_equal(json_read(text, LIMIT, transcribe, &seen, &err), -1);
    assert_non_null(strstr(err.text, "path"));
}

/* Strings with escapes go through yajl's own buffers, whose memory is set aside by us. */
static void large_strings(void **state)
{
    (void)state;
    CLEAN(buf) struct buf document = BUF(4 * 1024 * 1024);
    CLEAN(buf) struct buf value = BUF(4 * 1024 * 1024);
    struct json_pick pick = {.path = "s", .value = &value};
    struct error err;
    (void)buf_add_text(&document, "{\"s\":\"");
    for (int i = 0; i < 100000; i++)
        (void)buf_add_text(&document, i % 2 ? "a" : "\\n");
    struct text cut = buf_view(&document);
    assert_int_equal(json_pick(cut, document.length, &pick, 1, &err), -1);
    (void)buf_add_text(&document, "\"}");
    struct text whole = buf_view(&document);
    assert_int_equal(json_pick(whole, document.length, &pick, 1, &err), 0);
    assert_int_equal(value.length, 100000);
    assert_memory_equal(value.data, "\na\na", 4);
}

static int give_up(void *context, const struct json_event *event, struct error *err)
{
    int *visits = context;
    ++*visits;
    if (event->type == JSON_BOOL)
        return error_set(err, ERROR_LIMIT, "enough");
    return 0;
}

static void visitor_gives_up(void **state)
{
    (void)state;
    int visits = 0;
    struct error err;
    struct text document = text_from("[1,true,2,3]");
    assert_int_equal(json_read(document, LIMIT, give_up, &visits, &err), -1);
    assert_int_equal(visits, 3);
    assert_int_equal(err.kind, ERROR_LIMIT);
    assert_string_equal(err.text, "enough");
}

static void picks(void **state)
{
    (void)state;
    CLEAN(buf) struct buf id = BUF(64), token = BUF_SECRET(64), version = BUF(64), none = BUF(64);
    struct json_pick wanted[] = {
        {.path = "Credentials.AccessKeyId", .value = &id},
        {.path = "Credentials.Token", .value = &token},
        {.path = "Version", .value = &version},
        {.path = "Absent", .value = &none},
        {.path = "Null", .value = &none},
        {.path = "Credentials"},
    };
    struct error err;
    (void)buf_add_text(&none, "old");
    struct text document =
        text_from("{\"Version\":1,\"Null\":null,\"AccessKeyId\":\"no\",\"Credentials\":"
                  "{\"AccessKeyId\":\"AKID\",\"Token\":\"t\\u00e9\",\"Other\":{\"Token\":0}}}");
    assert_int_equal(json_pick(document, LIMIT, wanted, 6, &err), 0);
    assert_int_equal(wanted[0].type, JSON_STRING);
    assert_string_equal(buf_text(&id), "AKID");
    assert_string_equal(buf_text(&token), "t\xc3\xa9");
    assert_int_equal(wanted[2].type, JSON_INTEGER);
    assert_string_equal(buf_text(&version), "1");
    assert_int_equal(wanted[3].type, JSON_ABSENT);
    assert_int_equal(wanted[4].type, JSON_ABSENT);
    assert_string_equal(buf_text(&none), "");
    assert_int_equal(wanted[5].type, JSON_OBJECT);
    assert_int_equal(json_pick(text_from("[1]"), LIMIT, wanted, 6, &err), -1);
    assert_string_equal(err.text, "not a JSON object");
    char large[128] = "{\"Version\":\"0123456789012345678901234567890123456789012345678901234567"
                      "8901234567890\"}";
    assert_int_equal(json_pick(text_from(large), LIMIT, wanted, 6, &err), -1);
    assert_int_equal(err.kind, ERROR_LIMIT);
}

static void replacements(void **state)
{
    (void)state;
    static const struct {
        const char *document, *result;
    } rows[] = {
        {"{\"a\":{\"x\":[1,{\"y\":2}],\"keep\":1.50},\"t\":\"old\",\"z\":[null,\"\\\"\"]}",
         "{\"a\":{\"x\":\"7\",\"keep\":1.50,\"new\":\"true\"},\"t\":\"n\",\"z\":[null,\"\\\"\"]}"},
        {"{\"a\":{}}", "{\"a\":{\"x\":\"7\",\"new\":\"true\"},\"t\":\"n\"}"},
        {"{\"a\":{\"new\":{\"b\":[[]]},\"x\":{}},\"b\":{\"x\":0},\"\":0}",
         "{\"a\":{\"new\":\"true\",\"x\":\"7\"},\"b\":{\"x\":0},\"\":0,\"t\":\"n\"}"},
        {"{\"t\":1}", NULL},
        {"{\"a\":[]}", NULL},
        {"[]", NULL},
        {"{\"a\":{}", NULL},
    };
    static const struct json_replacement set[] = {{"a.x", "7"}, {"t", "n"}, {"a.new", "true"}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        CLEAN(buf) struct buf out = BUF(4096);
        struct error err;
        int got = json_replace(text_from(rows[i].document), LIMIT, set, 3, &out, &err);
        check_row(got == (rows[i].result ? 0 : -1), rows[i].document);
        if (rows[i].result)
            assert_string_equal(buf_text(&out), rows[i].result);
    }
}

static void writing(void **state)
{
    (void)state;
    CLEAN(buf) struct buf out = BUF(4096);
    json_object(&out, NULL);
    json_string(&out, "a\"b", "x\\y\"z\n\t\x01\x7f/\xc3\xa9\xff\xc3");
    json_array(&out, "list");
    json_integer(&out, NULL, INT64_MIN);
    json_bool(&out, NULL, false);
    json_object(&out, NULL);
    json_object_end(&out);
    json_array(&out, NULL);
    json_array_end(&out);
    json_string(&out, NULL, "");
    json_array_end(&out);
    json_null(&out, "n");
    json_raw(&out, "r", text_from("{\"x\":1}"));
    json_object_end(&out);
    (void)buf_add_char(&out, '\n');
    json_object(&out, NULL);
    json_object_end(&out);
    assert_string_equal(buf_text(&out),
                        "{\"a\\\"b\":\"x\\\\y\\\"z\\n\\u0009\\u0001\\u007f/\xc3\xa9\xef\xbf\xbd"
                        "\xef\xbf\xbd\",\"list\":[-9223372036854775808,false,{},[],\"\"],"
                        "\"n\":null,\"r\":{\"x\":1}}\n{}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events),        cmocka_unit_test(refused),
        cmocka_unit_test(limits),        cmocka_unit_test(long_path),
        cmocka_unit_test(large_strings), cmocka_unit_test(visitor_gives_up),
        cmocka_unit_test(picks),         cmocka_unit_test(replacements),
        cmocka_unit_test(writing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
