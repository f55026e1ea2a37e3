#include "unit.h"

#include "base/text.h"

static void durations(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t ms; /* -1: refused */
    } rows[] = {
        {"0", 0},
        {"90", 90000},
        {"1.5", 1500},
        {"90s", 90000},
        {"15m", 900000},
        {"2h", 7200000},
        {".5", 500},
        {"1.", 1000},
        {"0.0005", 1},
        {"0.5m", 30000},
        {"0.0000000000001", 1},
        {"0.25h", 900000},
        {"100000", 100000000},
        {"", -1},
        {".", -1},
        {"s", -1},
        {"-1", -1},
        {"1e3", -1},
        {"1 ", -1},
        {" 1", -1},
        {"1d", 86400000},
        {"1h30m", 5400000},
        {"1d3h46m40s", 100000000},
        {"1m1.5s", 61500},
        {"0d0s", 0},
        {"2d", -1},
        {"1d3h46m41s", -1},
        {"1h30", -1},
        {"30m1h", -1},
        {"1m1m", -1},
        {"1.5h1m", -1},
        {"1hm", -1},
        {"1w", -1},
        {"1h 30m", -1},
        {"x", -1},
        {"1.2.3", -1},
        {"1ss", -1},
        {"inf", -1},
        {"100000.001", -1},
        {"99999999999999999999", -1},
        {"28h", -1},
        {"+1", -1},
        {"0x10", -1},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int64_t ms = -1;
        int got = text_parse_duration_ms(text_from(rows[i].text), 100000000, &ms);
        check_row(got == (rows[i].ms < 0 ? -1 : 0) && ms == rows[i].ms, rows[i].text);
    }
}

static void numbers(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t max, value;
        int result;
    } rows[] = {
        {"0", 0, 0, 0},
        {"255", 255, 255, 0},
        {"256", 255, 7, -1},
        {"", 9, 7, -1},
        {"-1", 9, 7, -1},
        {"1x", 9, 7, -1},
        {"007", 9, 7, 0},
        {"9", 5, 7, -1},
        {"18446744073709551615", UINT64_MAX, UINT64_MAX, 0},
        {"18446744073709551616", UINT64_MAX, 7, -1},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint64_t value = 7;
        int got = text_parse_u64(text_from(rows[i].text), rows[i].max, &value);
        check_row(got == rows[i].result && value == rows[i].value, rows[i].text);
    }
}

static void views(void **state)
{
    (void)state;
    assert_true(text_equal(text_trim(text_from(" \ta b\r\n")), "a b"));
    assert_true(text_equal(text_trim(text_from(" \t ")), ""));
    assert_true(text_starts(text_from("abc"), "ab"));
    assert_false(text_starts(text_from("a"), "ab"));
    assert_true(text_same(text_from(NULL), text_from("")));
    assert_true(text_order(text_from("a"), text_from("b")) < 0);
    assert_true(text_order(text_from("ab"), text_from("a")) > 0);
    assert_true(text_order(text_from(""), text_from("a")) < 0);
    assert_true(text_order(text_from("\xff"), text_from("a")) > 0);
    assert_int_equal(text_order(text_from("ab"), text_slice("abc", 2)), 0);
}

static void printable_disarms_escapes(void **state)
{
    (void)state;
    char out[8];
    assert_string_equal(text_printable(text_from("a\033[2J\xff"), out, sizeof(out)), "a?[2J?");
    assert_string_equal(text_printable(text_from("0123456789"), out, sizeof(out)), "0123456");
}

static void utf8(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t length; /* of the first character */
    } rows[] = {
        {"a", 1},
        {"\xc2\x80", 2},
        {"\xdf\xbf!", 2},
        {"\xe0\xa0\x80", 3},
        {"\xed\x9f\xbf", 3},
        {"\xee\x80\x80", 3},
        {"\xef\xbf\xbf", 3},
        {"\xf0\x90\x80\x80", 4},
        {"\xf4\x8f\xbf\xbf", 4},
        {"", 0},
        {"\x80", 0},
        {"\xc1\xbf", 0},
        {"\xc3", 0},
        {"\xc3(", 0},
        {"\xe0\x9f\xbf", 0},
        {"\xe2\x82", 0},
        {"\xe2\x82(", 0},
        {"\xed\xa0\x80", 0},
        {"\xf0\x8f\xbf\xbf", 0},
        {"\xf4\x90\x80\x80", 0},
        {"\xf5\x80\x80\x80", 0},
        {"\xff", 0},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct text text = text_from(rows[i].text);
        check_row(text_utf8_length(text) == rows[i].length, rows[i].text);
        check_row(text.length == 0 || text_is_utf8(text) == (rows[i].length > 0), rows[i].text);
    }
    assert_int_equal(text_characters(text_from("")), 0);
    assert_int_equal(text_characters(text_from("a\xc3\xa9\xe4\xbd\xa0\xf0\x9f\x98\x80z")), 5);
    assert_int_equal(text_characters(text_from("a\xff\xc3")), 3);
    assert_false(text_is_utf8(text_from("good\xc3\xa9 then bad\xa9")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(utf8),
        cmocka_unit_test(durations),
        cmocka_unit_test(numbers),
        cmocka_unit_test(views),
        cmocka_unit_test(printable_disarms_escapes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
