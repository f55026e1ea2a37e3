/* Memory that runs out while an answer is read is called so, and not an answer that is no good. */
#include "unit.h"

#include <stdlib.h>
#include <sys/mman.h>

#include "aws/logs.h"
#include "base/json.h"

/* The linker puts these in the place of the C library's (--wrap); mmap is mmap64 to some. */
void *__real_malloc(size_t bytes);
void *__wrap_malloc(size_t bytes);
void *__real_mmap(void *at, size_t bytes, int protection, int flags, int fd, off_t from);
void *__wrap_mmap(void *at, size_t bytes, int protection, int flags, int fd, off_t from);
void *__wrap_mmap64(void *at, size_t bytes, int protection, int flags, int fd, off_t from);

static bool malloc_fails, mmap_fails;

void *__wrap_malloc(size_t bytes)
{
    return malloc_fails ? NULL : __real_malloc(bytes);
}

void *__wrap_mmap(void *at, size_t bytes, int protection, int flags, int fd, off_t from)
{
    return mmap_fails ? MAP_FAILED : __real_mmap(at, bytes, protection, flags, fd, from);
}

void *__wrap_mmap64(void *at, size_t bytes, int protection, int flags, int fd, off_t from)
{
    return __wrap_mmap(at, bytes, protection, flags, fd, from);
}

static void an_answer_cannot_be_read(void **state)
{
    (void)state;
    static const int statuses[] = {200, 400};
    for (size_t i = 0; i < 4; i++) {
        struct logs_reply reply;
        struct error err = {0};
        malloc_fails = i % 2;
        mmap_fails = !malloc_fails;
        logs_classify(LOGS_DESCRIBE, statuses[i / 2], text_from("{\"logGroups\":[]}"), "", &reply);
        malloc_fails = mmap_fails = false;
        (void)logs_error(&reply, LOGS_DESCRIBE, "p/", "r", "", &err);
        assert_int_equal(reply.outcome, LOGS_UNUSABLE);
        assert_int_equal(err.kind, ERROR_SYSTEM);
        assert_non_null(strstr(err.text, "DescribeLogGroups"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_cannot_be_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
