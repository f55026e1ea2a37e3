#include "unit.h"

#include "base/date.h"

struct row {
    const char *text;
    int64_t ms; /* -1: refused */
};

static void check(const struct row *rows, size_t count, int (*parse)(struct text, struct wall *))
{
    for (size_t i = 0; i < count; i++) {
        struct wall wall = {-1};
        int got = parse(text_from(rows[i].text), &wall);
        check_row(got == (rows[i].ms < 0 ? -1 : 0) && wall.ms == rows[i].ms, rows[i].text);
    }
}

static void T1_iso_with_z_utc_offset_and_fraction(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"1970-01-01T00:00:00Z", 0},
        {"2030-01-02T03:04:05Z", 1893553445000},
        {"2030-01-02T03:04:05UTC", 1893553445000},
        {"2030-01-02T03:04:05z", 1893553445000},
        {"2030-01-02 03:04:05Z", 1893553445000},
        {"2030-01-02T03:04:05.1Z", 1893553445100},
        {"2030-01-02T03:04:05.123456789Z", 1893553445123},
        {"2030-01-02T05:04:05+02:00", 1893553445000},
        {"2030-01-01T21:34:05-0530", 1893553445000},
        {"2030-01-02T05:04:05+02", 1893553445000},
        {"2028-02-29T00:00:00Z", 1835395200000},
        {"20300102T030405Z", 1893553445000},
        {"20300102T030405.5Z", 1893553445500},
        {"20300102T050405+0200", 1893553445000},
        {"20300102T03:04:05Z", -1},
        {"2030-01-02T030405Z", -1},
        {"203001-02T030405Z", -1},
        {"", -1},
        {"2030-01-02T03:04:05", -1},
        {"2030-01-02", -1},
        {"2030-02-29T00:00:00Z", -1},
        {"2030-06-31T00:00:00Z", -1},
        {"2030-13-01T00:00:00Z", -1},
        {"2030-01-02T24:00:00Z", -1},
        {"2030-01-02T03:04:05Zx", -1},
        {"2030-01-02T03:04:05.Z", -1},
        {"2030-1-2T03:04:05Z", -1},
        {"2030-01-02T03:04:05+2:00", -1},
        {"2030-01-02T03:04:05+25:00", -1},
        {" 2030-01-02T03:04:05Z", -1},
        {"1893553445", -1},
    };
    check(rows, sizeof(rows) / sizeof(rows[0]), date_parse_iso);
}

static void V5_date_header(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"Sun, 06 Nov 1994 08:49:37 GMT", 784111777000},
        {" Sun, 06 Nov 1994 08:49:37 GMT ", 784111777000},
        {"Sun, 06 Nov 1994 08:49:37", -1},
        {"Sunday, 06-Nov-94 08:49:37 GMT", -1},
        {"Sun Nov  6 08:49:37 1994", -1},
        {"Sun, 06 Now 1994 08:49:37 GMT", -1},
        {"Sun, 31 Feb 1994 08:49:37 GMT", -1},
        {"", -1},
    };
    check(rows, sizeof(rows) / sizeof(rows[0]), date_parse_http);
}

static void written_as_it_is_read(void **state)
{
    (void)state;
    char out[DATE_ISO_BYTES];
    date_write_iso((struct wall){1893553445999}, out);
    assert_string_equal(out, "2030-01-02T03:04:05Z");
    date_write_iso((struct wall){-1}, out);
    assert_string_equal(out, "");
    date_write_iso((struct wall){INT64_MAX}, out);
    assert_string_equal(out, "");
}

static void other_forms_say_the_same(void **state)
{
    (void)state;
    char basic[DATE_BASIC_BYTES], http[DATE_HTTP_BYTES];
    date_write_basic((struct wall){1440938160999}, basic);
    assert_string_equal(basic, "20150830T123600Z");
    date_write_http((struct wall){784111777999}, http);
    assert_string_equal(http, "Sun, 06 Nov 1994 08:49:37 GMT");
    date_write_basic((struct wall){INT64_MAX}, basic);
    assert_string_equal(basic, "");
    date_write_http((struct wall){-1}, http);
    assert_string_equal(http, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(T1_iso_with_z_utc_offset_and_fraction),
        cmocka_unit_test(V5_date_header),
        cmocka_unit_test(written_as_it_is_read),
        cmocka_unit_test(other_forms_say_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
