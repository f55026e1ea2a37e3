#include "unit.h"

#include "base/buf.h"

static void grows_and_stays_terminated(void **state)
{
    (void)state;
    CLEAN(buf) struct buf buf = BUF(10000);
    assert_string_equal(buf_text(&buf), "");
    for (int i = 0; i < 1000; i++)
        assert_int_equal(buf_addf(&buf, "%d,", i % 10), 0);
    assert_int_equal(buf.length, 2000);
    assert_int_equal(strlen(buf_text(&buf)), 2000);
    assert_int_equal(buf_check(&buf, "test", NULL), 0);
}

static void limit_is_exact_and_failure_sticks(void **state)
{
    (void)state;
    CLEAN(buf) struct buf buf = BUF(4);
    struct error err = {0};
    assert_int_equal(buf_add_text(&buf, "abcd"), 0);
    assert_int_equal(buf_add_char(&buf, 'e'), -1);
    assert_string_equal(buf_text(&buf), "abcd");
    assert_int_equal(buf_add(&buf, "", 0), -1);
    assert_int_equal(buf_check(&buf, "the answer", &err), -1);
    assert_int_equal(err.kind, ERROR_LIMIT);
    assert_non_null(strstr(err.text, "the answer"));
    buf_clear(&buf);
    assert_int_equal(buf_add_char(&buf, 'e'), 0);
}

static void format_past_the_limit_leaves_the_bytes(void **state)
{
    (void)state;
    CLEAN(buf) struct buf buf = BUF(4);
    buf_add_text(&buf, "ab");
    assert_int_equal(buf_addf(&buf, "%s", "cdef"), -1);
    assert_string_equal(buf_text(&buf), "ab");
}

static void secret_is_wiped_on_clear(void **state)
{
    (void)state;
    CLEAN(buf) struct buf buf = BUF_SECRET(100);
    buf_add_text(&buf, "hunter2");
    const char *memory = buf.data;
    buf_clear(&buf);
    assert_memory_equal(memory, "\0\0\0\0\0\0\0", 7);
}

/* Pages of secrets are used again, by whoever comes next. */
static void freed_secrets_leave_nothing_behind(void **state)
{
    (void)state;
    for (int i = 0; i < 40; i++) { /* more than are kept */
        struct buf first = BUF_SECRET(4000), second = BUF_SECRET(4000);
        buf_add_text(&first, "x");
        for (size_t byte = 1; byte < first.capacity; byte++)
            assert_int_equal(first.data[byte], 0);
        for (size_t length = 0; length < 3900; length += 64)
            buf_addf(&first, "%063d-", i);
        buf_add_text(&second, "y");
        assert_ptr_not_equal(first.data, second.data);
        buf_free(&first);
        buf_free(&second);
    }
}

/* The kernel's word on the memory around an address: has it the flag "do not dump"? */
static bool is_left_out_of_dumps(const void *address)
{
    char line[512];
    bool there = false, flag = false;
    FILE *maps = fopen("/proc/self/smaps", "re");
    assert_non_null(maps);
    while (fgets(line, sizeof(line), maps)) {
        char *end;
        unsigned long from = strtoul(line, &end, 16);
        if (*end == '-')
            there = from <= (uintptr_t)address && (uintptr_t)address < strtoul(end + 1, NULL, 16);
        else if (there && strncmp(line, "VmFlags:", 8) == 0)
            flag = strstr(line, " dd") != NULL;
    }
    (void)fclose(maps); /* only read from */
    return flag;
}

static void Z2_secrets_are_left_out_of_core_dumps(void **state)
{
    (void)state;
    needs_a_kernel();
    CLEAN(buf) struct buf secret = BUF_SECRET((size_t)1024 * 1024);
    CLEAN(buf) struct buf plain = BUF(100);
    buf_add_text(&plain, "x");
    assert_false(is_left_out_of_dumps(plain.data));
    for (int i = 0; i < 100000; i++)
        assert_int_equal(buf_addf(&secret, "%06d,", i), 0);
    assert_true(is_left_out_of_dumps(secret.data));
    assert_true(is_left_out_of_dumps(secret.data + secret.length));
    assert_memory_equal(secret.data + 7 * 99999, "099999,", 7);
}

static void free_may_run_twice(void **state)
{
    (void)state;
    struct buf buf = BUF(100);
    buf_add_text(&buf, "x");
    buf_free(&buf);
    buf_free(&buf);
    buf_free(NULL);
    assert_int_equal(buf_add_text(&buf, "y"), 0);
    buf_free(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grows_and_stays_terminated),
        cmocka_unit_test(limit_is_exact_and_failure_sticks),
        cmocka_unit_test(format_past_the_limit_leaves_the_bytes),
        cmocka_unit_test(secret_is_wiped_on_clear),
        cmocka_unit_test(freed_secrets_leave_nothing_behind),
        cmocka_unit_test(Z2_secrets_are_left_out_of_core_dumps),
        cmocka_unit_test(free_may_run_twice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
