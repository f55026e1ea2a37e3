#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "process/descriptors.h"

static int is_open(int fd)
{
    return fcntl(fd, F_GETFD) >= 0;
}

static int is_null(int fd)
{
    struct stat here, null;
    return fstat(fd, &here) == 0 && stat("/dev/null", &null) == 0 && here.st_rdev == null.st_rdev;
}

/* Runs a check in a process of its own, since it ruins the descriptors; 0 is success. */
static void in_child(int (*check)(void))
{
    int status;
    pid_t pid = fork();
    if (pid == 0)
        _exit(check());
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static int check_hold(void)
{
    close(0);
    close(2);
    if (descriptors_hold_standard(NULL) != 0)
        return 1;
    if (!is_null(0) || !is_null(2) || is_null(1))
        return 2;
    if (fcntl(0, F_GETFD) != FD_CLOEXEC || fcntl(2, F_GETFD) != FD_CLOEXEC)
        return 3;
    return fcntl(1, F_GETFD) == 0 ? 0 : 4; /* the one that was given stays as given */
}

static int check_output(void)
{
    close(1);
    if (descriptors_hold_standard(NULL) != 0 || !is_null(1))
        return 1;
    return write(1, "x", 1) < 0 ? 0 : 2; /* nobody would know that it got lost */
}

static int check_room(void)
{
    struct error err = {0};
    struct rlimit enough = {3 + DESCRIPTORS_NEEDED, 1000}, few = {2 + DESCRIPTORS_NEEDED, 1000};
    int none[] = {-1};
    descriptors_close_but(none, 1);
    if (setrlimit(RLIMIT_NOFILE, &enough) != 0 || descriptors_check_room(&err) != 0)
        return 1;
    if (setrlimit(RLIMIT_NOFILE, &few) != 0 || descriptors_check_room(&err) == 0 || is_open(3))
        return 2;
    return err.kind == ERROR_SYSTEM && strstr(err.text, "ulimit") ? 0 : 3;
}

static int check_close(void)
{
    int base = fcntl(1, F_DUPFD, 20);
    for (int fd = base + 1; fd < base + 40; fd++) {
        if (dup2(1, fd) != fd)
            return 1;
    }
    int keep[] = {base + 30, -1, base + 7, base + 8, base + 39};
    descriptors_close_but(keep, 5);
    for (int fd = 3; fd < base + 60; fd++) {
        int kept = fd == base + 7 || fd == base + 8 || fd == base + 30 || fd == base + 39;
        if (is_open(fd) != kept)
            return 2;
    }
    return is_null(0) && is_null(1) && is_null(2) ? 0 : 3;
}

static int check_keep_standard(void)
{
    int keep[] = {2, 1};
    descriptors_close_but(keep, 2);
    return is_null(0) && !is_null(1) && !is_null(2) && is_open(2) ? 0 : 1;
}

/* A root without anything in it, as somebody may be locked up in. */
static int check_bare_root(void)
{
    char byte, path[] = "/tmp/descriptors-XXXXXX";
    if (!mkdtemp(path) || chroot(path) != 0)
        return errno == EPERM ? 0 : 1;
    close(0);
    close(1);
    if (descriptors_hold_standard(NULL) != 0 || !is_open(0) || !is_open(1))
        return 2;
    if (read(0, &byte, 1) != -1 || errno != EBADF || write(1, "x", 1) != -1 || errno != EBADF)
        return 3;
    int keep[] = {2};
    descriptors_close_but(keep, 1);
    return is_open(0) && write(1, "x", 1) == -1 && errno == EBADF ? 0 : 4;
}

static void hold_standard_fills_what_is_closed(void **state)
{
    (void)state;
    in_child(check_hold);
}

static void a_closed_output_cannot_be_written_to(void **state)
{
    (void)state;
    in_child(check_output);
}

static void where_there_is_no_null_device_nothing_can_be_read_or_written(void **state)
{
    (void)state;
    in_child(check_bare_root);
}

static void a_standard_descriptor_can_be_kept(void **state)
{
    (void)state;
    in_child(check_keep_standard);
}

static void too_few_descriptors_are_told(void **state)
{
    (void)state;
    in_child(check_room);
}

static void close_but_keeps_just_those(void **state)
{
    (void)state;
    in_child(check_close);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hold_standard_fills_what_is_closed),
        cmocka_unit_test(a_closed_output_cannot_be_written_to),
        cmocka_unit_test(where_there_is_no_null_device_nothing_can_be_read_or_written),
        cmocka_unit_test(a_standard_descriptor_can_be_kept),
        cmocka_unit_test(too_few_descriptors_are_told),
        cmocka_unit_test(close_but_keeps_just_those),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
