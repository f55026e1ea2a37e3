#include "unit.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

static char folder[] = "/tmp/withlock-file-XXXXXX";

static const char *at(const char *name)
{
    static char path[200];
    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    return path;
}

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    (void)unlink(at("a"));
    (void)unlink(at("pipe"));
    return rmdir(folder); /* fails if something was left over */
}

static void written_is_read(void **state)
{
    (void)state;
    CLEAN(buf) struct buf out = BUF(100);
    struct stat status;
    assert_int_equal(file_replace(at("a"), text_from("old"), NULL), 0);
    assert_int_equal(chmod(at("a"), 0644), 0);
    assert_true(file_is_shared(at("a")));
    assert_int_equal(file_replace(at("a"), text_slice("n\0w", 3), NULL), 0);
    assert_int_equal(stat(at("a"), &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    assert_false(file_is_shared(at("a")));
    assert_int_equal(file_read(at("a"), &out, NULL), FILE_READ);
    assert_memory_equal(out.data, "n\0w", 4);
}

static void missing_is_no_failure(void **state)
{
    (void)state;
    CLEAN(buf) struct buf out = BUF(100);
    assert_int_equal(file_read(at("none"), &out, NULL), FILE_MISSING);
    assert_int_equal(file_read(at("none/none"), &out, NULL), FILE_MISSING);
    assert_false(file_is_shared(at("none")));
}

static void what_cannot_be_read_is_named(void **state)
{
    (void)state;
    CLEAN(buf) struct buf out = BUF(2);
    struct error err = {0};
    assert_int_equal(file_read(folder, &out, &err), FILE_FAILED);
    assert_int_equal(err.kind, ERROR_SYSTEM);
    assert_non_null(strstr(err.text, folder));
    assert_int_equal(mkfifo(at("pipe"), 0600), 0);
    assert_int_equal(file_read(at("pipe"), &out, &err), FILE_FAILED);
    assert_int_equal(file_replace(at("a"), text_from("abc"), NULL), 0);
    assert_int_equal(file_read(at("a"), &out, &err), FILE_FAILED);
    assert_int_equal(err.kind, ERROR_LIMIT);
}

static void failed_writing_leaves_nothing(void **state)
{
    (void)state;
    struct error err = {0};
    char path[200];
    (void)snprintf(path, sizeof(path), "%s/none/x", folder);
    assert_int_equal(file_replace(path, text_from("x"), &err), -1);
    assert_int_equal(err.os_errno, ENOENT);
    assert_int_equal(mkdir(at("folder"), 0700), 0);
    assert_int_equal(file_replace(at("folder"), text_from("x"), &err), -1);
    assert_int_equal(rmdir(at("folder")), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(written_is_read),
        cmocka_unit_test(missing_is_no_failure),
        cmocka_unit_test(what_cannot_be_read_is_named),
        cmocka_unit_test(failed_writing_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
