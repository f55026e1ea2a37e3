#include "unit.h"

#include "cwlogs-local/tags.h"

static void what_a_tag_may_hold(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool good;
    } rows[] = {
        {"", true},
        {"Az09 _.:/=+-@", true},
        {"größe", true},
        {"你好", true},
        {"Ωμέγα", true},
        {"٣", true}, /* a digit of another script */
        {"a\xe3\x80\x80"
         "b",
         true}, /* an ideographic blank */
        {"a*", false},
        {"a,b", false},
        {"a#", false},
        {"a\n", false},
        {"\x7f", false},
        {"€", false},
        {"→", false},
        {"😀", false},
        {"a\xff", false},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        check_row(tags_is_text(text_from(rows[i].text), 256) == rows[i].good, rows[i].text);
}

static void characters_are_counted_not_bytes(void **state)
{
    (void)state;
    assert_true(tags_is_text(text_from("你好"), 2));
    assert_false(tags_is_text(text_from("你好你"), 2));
    assert_false(tags_is_text(text_from("abc"), 2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_tag_may_hold),
        cmocka_unit_test(characters_are_counted_not_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
