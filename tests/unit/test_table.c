#include "unit.h"

#include "inspect/table.h"

#define NOW_MS 1796032171000 /* 2026-11-30T09:49:31Z */

static const struct table_column columns[] = {{"KIND", TABLE_STAYS},
                                              {"ID", TABLE_BELOW},
                                              {"HOST", TABLE_GOES},
                                              {"SINCE", TABLE_STAYS},
                                              {NULL, TABLE_STAYS}};

static char *print(const char *const *cells, unsigned width)
{
    struct table table = TABLE(columns, 4096);
    struct buf out = BUF(4096);
    for (; *cells; cells++)
        table_cell(&table, text_from(*cells));
    table_print(&table, width, NOW_MS, &out);
    table_free(&table);
    return out.data;
}

static void gives(const char *const *cells, unsigned width, const char *wanted)
{
    char *got = print(cells, width);
    assert_string_equal(got, wanted);
    free(got);
}

static const char *const two[] = {"holder",   "first",        "host-a", "2026-11-30T09:00:00Z",
                                  "waiter 1", "second-of-id", "",       "2026-11-29T23:59:59Z",
                                  NULL};

static void as_wide_as_there_is_room(void **state)
{
    (void)state;
    const char *whole = "KIND      ID            HOST    SINCE\n"
                        "holder    first         host-a  2026-11-30T09:00:00Z\n"
                        "waiter 1  second-of-id  -       2026-11-29T23:59:59Z\n";
    gives(two, 0, whole);
    gives(two, 52, whole);
    gives(two, 51,
          "KIND      ID            SINCE\n"
          "holder    first         09:00:00Z\n"
          "waiter 1  second-of-id  2026-11-29T23:59:59Z\n");
    gives(two, 43,
          "KIND      SINCE\n  ID\n"
          "holder    09:00:00Z\n  first\n"
          "waiter 1  2026-11-29T23:59:59Z\n  second-of-id\n");
    gives(two, 1,
          "KIND      SINCE\n  ID\n"
          "holder    09:00:00Z\n  first\n"
          "waiter 1  2026-11-29T23:59:59Z\n  second-of-id\n");
}

static void names_may_stand_above_the_rest(void **state)
{
    (void)state;
    static const struct table_column above[] = {{"NAME", TABLE_ABOVE}, {"STATE", TABLE_STAYS},
                                                {"ID", TABLE_ABOVE},   {"SINCE", TABLE_STAYS},
                                                {"GONE", TABLE_GOES},  {NULL, TABLE_STAYS}};
    struct table table = TABLE(above, 4096);
    struct buf out = BUF(4096);
    for (size_t i = 0; i < 2; i++)
        for (size_t k = 0; k < 5; k++)
            table_cell(&table, text_from((const char *[]){"a", "held", "first", "now", "x", "long",
                                                          "free", "", "", "x"}[5 * i + k]));
    table_print(&table, 24, NOW_MS, &out);
    assert_string_equal(buf_text(&out), "NAME  ID\n  STATE  SINCE\n"
                                        "a  first\n  held   now\n"
                                        "long  -\n  free   -\n");
    buf_free(&out);
    table_print(&table, 25, NOW_MS, &out);
    assert_string_equal(buf_text(&out), "NAME  STATE  ID     SINCE\n"
                                        "a     held   first  now\n"
                                        "long  free   -      -\n");
    buf_free(&out);
    table_free(&table);
}

static void no_row_and_what_would_harm_a_terminal(void **state)
{
    (void)state;
    char longest[2000];
    memset(longest, 'x', sizeof(longest));
    longest[sizeof(longest) - 1] = '\0';
    gives((const char *[]){NULL}, 0, "KIND  ID  HOST  SINCE\n");
    gives((const char *[]){"\033[2J", "a\nb", "", "?", NULL}, 0,
          "KIND  ID   HOST  SINCE\n?[2J  a?b  -     ?\n");
    char *got = print((const char *[]){longest, "", "", "", NULL}, 40); /* cut, not overrun */
    assert_int_equal(strcspn(strchr(got, 'x'), " "), TABLE_CELL_BYTES - 1);
    free(got);
}

static void a_table_that_is_too_large_is_told(void **state)
{
    (void)state;
    struct table table = TABLE(columns, 10);
    struct buf out = BUF(4096);
    for (int i = 0; i < 8; i++)
        table_cell(&table, text_from("abc"));
    table_print(&table, 0, NOW_MS, &out);
    assert_int_equal(buf_check(&out, "the table", NULL), -1);
    table_free(&table);
    buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_wide_as_there_is_room),
        cmocka_unit_test(names_may_stand_above_the_rest),
        cmocka_unit_test(no_row_and_what_would_harm_a_terminal),
        cmocka_unit_test(a_table_that_is_too_large_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
