/* The command: found as execvp finds it, executed only below who forked it, reaped in time. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "process/child.h"

#define PATIENCE_MS 60000

static char folder[] = "/tmp/withlock-child-XXXXXX";

static const char *path_of(const char *name)
{
    static char paths[4][200];
    static unsigned next;
    char *path = paths[next++ % 4];
    (void)snprintf(path, sizeof(paths[0]), "%s/%s", folder, name);
    return path;
}

static void make(const char *name, const char *text, mode_t mode)
{
    int fd = open(path_of(name), O_WRONLY | O_CREAT | O_CLOEXEC, 0700);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    assert_int_equal(close(fd), 0);
    assert_int_equal(chmod(path_of(name), mode), 0);
}

static void make_script(const char *name, const char *interpreter)
{
    char text[400];
    (void)snprintf(text, sizeof(text), "#!%s\n", interpreter);
    make(name, text, 0700);
}

static int make_files(void **state)
{
    char long_name[300] = "";
    (void)state;
    if (!mkdtemp(folder) || mkdir(path_of("one"), 0700) != 0 || mkdir(path_of("two"), 0700) != 0)
        return -1;
    make("one/plain", "", 0600);
    make("one/both", "", 0600);
    make("two/both", "", 0700);
    make("two/script", "#! /bin/sh\n", 0700);
    make("two/orphan", "#!/nonexistent/shell -x\n", 0700);
    make("two/windows", "#!/bin/sh\r\nexit 0\r\n", 0700);
    make("two/blanks", "#! \t/bin/sh \t-e \n", 0700);
    make("two/unended", "#!/bin/sh", 0700);
    make("two/nameless", "#! \n", 0700);
    make("two/folder", "#!/tmp\n", 0700);
    make_script("two/orphans-child", path_of("two/orphan"));
    make_script("two/serpent", path_of("two/serpent"));
    memset(long_name, 'x', sizeof(long_name) - 1);
    make_script("two/cut-off", long_name);
    return 0;
}

static int remove_files(void **state)
{
    char command[100];
    (void)state;
    (void)snprintf(command, sizeof(command), "rm -rf %s", folder);
    return system(command); /* NOLINT(cert-env33-c): a test's own directory */
}

static void it_is_found_as_execvp_would(void **state)
{
    (void)state;
    static const struct {
        const char *name, *file; /* file: below the folder, NULL: not found */
        enum child_find_result result;
        const char *says;
    } rows[] = {
        {"both", "two/both", CHILD_FOUND, NULL},
        {"script", "two/script", CHILD_FOUND, NULL},
        {"plain", NULL, CHILD_NOT_EXECUTABLE, "Permission denied"},
        {"orphan", NULL, CHILD_NOT_FOUND, "/nonexistent/shell"},
        {"windows", NULL, CHILD_NOT_FOUND, "CR LF"},
        {"blanks", "two/blanks", CHILD_FOUND, NULL},
        {"unended", "two/unended", CHILD_FOUND, NULL},
        {"nameless", "two/nameless", CHILD_FOUND, NULL},
        {"cut-off", "two/cut-off", CHILD_FOUND, NULL},
        {"folder", NULL, CHILD_NOT_EXECUTABLE, "Is a directory"},
        {"orphans-child", NULL, CHILD_NOT_FOUND, "/nonexistent/shell"},
        {"serpent", NULL, CHILD_NOT_EXECUTABLE, "Too many levels"},
        {"absent", NULL, CHILD_NOT_FOUND, "No such file"},
        {"", NULL, CHILD_NOT_FOUND, "cannot run ''"},
        {"/tmp", NULL, CHILD_NOT_EXECUTABLE, "Is a directory"},
        {"/nonexistent/x", NULL, CHILD_NOT_FOUND, "/nonexistent/x"},
    };
    char path[500], file[PATH_MAX];
    (void)snprintf(path, sizeof(path), "/nonexistent:%s:%s", path_of("one"), path_of("two"));
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct error err = {0};
        check_row(child_find(rows[i].name, path, file, &err) == rows[i].result, rows[i].name);
        if (rows[i].file)
            check_row(strcmp(file, path_of(rows[i].file)) == 0, rows[i].name);
        else
            check_row(strstr(err.text, rows[i].says), rows[i].name);
    }
    assert_int_equal(child_find("sh", NULL, file, NULL), CHILD_FOUND);
}

/* In a child: what child_exec() returns, if it does, is its exit status. */
static int executed(const char *file, char *const *argv, pid_t parent)
{
    struct signals signals;
    int status = 0;
    pid_t pid = fork();
    if (pid == 0) {
        struct child_plan plan = {
            .file = file, .argv = argv, .signals = &signals, .parent = parent};
        if (signals_init(&signals, NULL) != 0)
            _exit(255);
        _exit(child_exec(&plan));
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void it_is_executed_below_who_forked_it_alone(void **state)
{
    (void)state;
    char *const words[] = {(char *)"sh", (char *)"-c", (char *)"exit 77", NULL};
    char *const absent[] = {(char *)"absent", NULL};
    assert_int_equal(executed("/bin/sh", words, getpid()), 77);
    assert_int_equal(executed("/nonexistent/sh", words, getpid()), 77);
    assert_int_equal(executed(NULL, words, getpid()), 77);
    assert_int_equal(executed("/bin/sh", words, getppid()), ESRCH);
    assert_int_equal(executed(NULL, absent, getpid()), ENOENT);
}

static void it_is_reaped_in_time_or_left(void **state)
{
    (void)state;
    int status = 0, go[2];
    char byte;
    assert_int_equal(pipe(go), 0);
    pid_t pid = fork();
    if (pid == 0) {
        (void)close(go[1]);
        _exit(read(go[0], &byte, 1) == 0 ? 3 : 4);
    }
    (void)close(go[0]);
    assert_false(child_reap(pid, mono_add(mono_now(), 20), &status));
    (void)close(go[1]); /* its end */
    assert_true(child_reap(pid, mono_add(mono_now(), PATIENCE_MS), &status));
    assert_int_equal(WEXITSTATUS(status), 3);
    assert_true(child_reap(pid, mono_now(), &status)); /* somebody has reaped it */
    assert_int_equal(status, 0);
}

static void what_its_end_means(void **state)
{
    (void)state;
    assert_int_equal(child_exit_status(CLD_EXITED, 3), 3);
    assert_int_equal(child_exit_status(CLD_KILLED, SIGTERM), 128 + SIGTERM);
    assert_int_equal(child_exit_status(CLD_DUMPED, SIGSEGV), 128 + SIGSEGV);
    assert_int_equal(child_exec_status(ENOENT), 127);
    assert_int_equal(child_exec_status(EACCES), 126);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_found_as_execvp_would),
        cmocka_unit_test(it_is_executed_below_who_forked_it_alone),
        cmocka_unit_test(it_is_reaped_in_time_or_left),
        cmocka_unit_test(what_its_end_means),
    };
    return cmocka_run_group_tests(tests, make_files, remove_files);
}
