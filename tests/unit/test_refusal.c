#include "unit.h"

#include "aws/refusal.h"

static const struct {
    const char *name;
    const char *body, *header;
    int result;
    const char *code, *message;
} rows[] = {
    {"both", "{\"__type\":\"X\",\"message\":\"m\"}", "", 0, "X", "m"},
    {"of a name space, with an address", "{\"__type\":\"a.b#X:http://c#d\"}", "", 0, "X", ""},
    {"the body's code before the header's", "{\"__type\":\"X\"}", "Y", 0, "X", ""},
    {"the header's", "{\"message\":\"m\"}", "a#Y:http://c#d", 0, "Y", "m"},
    {"an empty one is none", "{\"__type\":\"\"}", "Y", 0, "Y", ""},
    {"the other message", "{\"__type\":\"X\",\"Message\":\"M\"}", "", 0, "X", "M"},
    {"the first of two messages", "{\"Message\":\"M\",\"message\":\"m\"}", "", 0, "", "m"},
    {"unprintable", "{\"__type\":\"X\\u001b\",\"message\":\"\\u001b[31m\"}", "", 0, "X?", "?[31m"},
    {"not JSON", "<html>", "Y", -1, "Y", ""},
    {"no object", "[]", "Y", -1, "Y", ""},
    {"nothing", "", "", -1, "", ""},
};

static void a_refusal_has_a_code_and_a_message(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct refusal refusal;
        int result =
            refusal_read(text_from(rows[i].body), text_from(rows[i].header), &refusal, NULL);
        check_row(result == rows[i].result, rows[i].name);
        check_row(strcmp(refusal.code, rows[i].code) == 0, rows[i].name);
        check_row(strcmp(refusal.message, rows[i].message) == 0, rows[i].name);
    }
}

static void what_is_too_long_is_cut(void **state)
{
    (void)state;
    char body[2 * REFUSAL_MESSAGE_BYTES];
    struct refusal refusal;
    (void)snprintf(body, sizeof(body), "{\"message\":\"%0*d\"}", REFUSAL_MESSAGE_BYTES, 0);
    assert_int_equal(refusal_read(text_from(body), text_from(""), &refusal, NULL), 0);
    assert_int_equal(strlen(refusal.message), REFUSAL_MESSAGE_BYTES - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_refusal_has_a_code_and_a_message),
        cmocka_unit_test(what_is_too_long_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
