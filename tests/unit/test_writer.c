#include "unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/writer.h"

#define PAGE_BYTES 4096 /* the smallest pipe there is */

static int pipe_fds[2];

static int make_pipe(void **state)
{
    (void)state;
    if (pipe2(pipe_fds, O_CLOEXEC) != 0 || fcntl(pipe_fds[1], F_SETPIPE_SZ, PAGE_BYTES) < 0)
        return -1;
    writer_begin(pipe_fds[1]);
    return 0;
}

static void expect(const char *text)
{
    char got[PAGE_BYTES];
    size_t length = strlen(text), have = 0;
    while (have < length) {
        ssize_t more = read(pipe_fds[0], got + have, length - have);
        assert_true(more > 0);
        have += (size_t)more;
    }
    assert_memory_equal(got, text, length);
}

static void what_is_added_is_written_in_order(void **state)
{
    (void)state;
    assert_true(writer_add("one\n", 4));
    assert_true(writer_add("two\n", 4));
    assert_true(writer_flush(60000));
    expect("one\ntwo\n");
}

static void whoever_adds_never_waits_for_a_reader(void **state)
{
    static char page[PAGE_BYTES];
    unsigned taken = 0;
    (void)state;
    memset(page, 'x', sizeof(page));
    while (writer_add(page, sizeof(page))) /* the pipe, the piece under way, and the queue */
        assert_true(++taken < 100);
    assert_true(taken >= WRITER_QUEUE_BYTES / sizeof(page) - 1);
    assert_false(writer_add(page, sizeof(page)));
    assert_false(writer_flush(1));
    for (unsigned i = 0; i < taken; i++) {
        char got[PAGE_BYTES];
        for (size_t have = 0; have < sizeof(got);)
            have += (size_t)read(pipe_fds[0], got + have, sizeof(got) - have);
        assert_memory_equal(got, page, sizeof(page));
    }
    assert_true(writer_flush(60000));
    assert_true(writer_add("again\n", 6));
    expect("again\n");
}

static void what_is_too_long_is_cut(void **state)
{
    static char longer[WRITER_PIECE_BYTES + 10];
    size_t have = 0;
    (void)state;
    assert_true(writer_add(longer, sizeof(longer)));
    assert_true(writer_add("end", 3));
    while (have < WRITER_PIECE_BYTES) {
        char got[PAGE_BYTES];
        size_t left = WRITER_PIECE_BYTES - have;
        have += (size_t)read(pipe_fds[0], got, left < sizeof(got) ? left : sizeof(got));
    }
    expect("end");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_added_is_written_in_order),
        cmocka_unit_test(whoever_adds_never_waits_for_a_reader),
        cmocka_unit_test(what_is_too_long_is_cut),
    };
    return cmocka_run_group_tests(tests, make_pipe, NULL);
}
