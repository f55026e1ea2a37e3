#include "process/sweep.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "process/pidfd.h"

#define STAT_BYTES      1024    /* a line of /proc/PID/stat is about 300 */
#define PROCESSES_MAX   4194304 /* the kernel's highest pid_max */
#define GENERATIONS_MAX 4194304 /* steps up from a process before giving up: a torn reading */

/* Is a process one of those that the sweep is about? */
enum kin {
    KIN_UNKNOWN, /* not found out yet */
    KIN_BELOW,   /* it descends from root, and is not spared */
    KIN_OTHER
};

struct entry {
    struct sweep_process process;
    enum kin kin;
};

/* All processes, as /proc has them at one reading. */
struct table {
    struct entry *entries; /* owned; by pid, ascending */
    size_t count;
};

/*
 * proc_pid_stat(5). The name, second field, is in parentheses and may hold blanks and parentheses
 * itself; fields 1 to 6, 20 and 22 are wanted.
 */
int sweep_parse(const char *text, struct sweep_process *ret_process)
{
    struct sweep_process process;
    const char *name = strchr(text, '('), *rest = strrchr(text, ')');
    if (!name || !rest || rest < name || sscanf(text, "%d", &process.pid) != 1)
        return -1;
    (void)snprintf(process.name, sizeof(process.name), "%.*s", (int)(rest - name) - 1, name + 1);
    if (sscanf(rest + 1,
               " %c %d %d %d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %d %*d %llu",
               &process.state, &process.parent, &process.group, &process.session, &process.threads,
               &process.start_ticks) != 6)
        return -1;
    *ret_process = process;
    return 0;
}

int sweep_read(pid_t pid, struct sweep_process *ret_process)
{
    char path[64], text[STAT_BYTES];
    (void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid); /* fits */
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    ssize_t got = read(fd, text, sizeof(text) - 1);
    (void)close(fd); /* only read */
    if (got <= 0)
        return -1;
    text[got] = '\0';
    return sweep_parse(text, ret_process);
}

static int table_add(struct table *table, const struct sweep_process *process)
{
    void *entries = table->count < PROCESSES_MAX
                        ? array_grow(table->entries, table->count, sizeof(struct entry))
                        : NULL;
    if (!entries)
        return -1;
    table->entries = entries;
    table->entries[table->count++] = (struct entry){.process = *process};
    return 0;
}

static int compare(const void *a, const void *b)
{
    pid_t left = ((const struct entry *)a)->process.pid;
    pid_t right = ((const struct entry *)b)->process.pid;
    return (left > right) - (left < right);
}

static int table_read(struct table *table)
{
    DIR *directory = opendir("/proc");
    struct dirent *found;
    int result = 0;
    if (!directory)
        return -1;
    while (result == 0 && (found = readdir(directory))) {
        struct sweep_process process;
        char *end;
        long pid = strtol(found->d_name, &end, 10);
        if (end != found->d_name && *end == '\0' && sweep_read((pid_t)pid, &process) == 0)
            result = table_add(table, &process);
    }
    (void)closedir(directory); /* only read */
    if (result == 0 && table->count)
        qsort(table->entries, table->count, sizeof(table->entries[0]), compare);
    return result;
}

static struct entry *table_find(const struct table *table, pid_t pid)
{
    struct entry key = {.process.pid = pid};
    if (!table->count)
        return NULL;
    return bsearch(&key, table->entries, table->count, sizeof(key), compare);
}

static bool is_spared(const struct sweep *sweep, pid_t pid)
{
    for (size_t i = 0; i < sweep->spared_count; i++) {
        if (sweep->spared[i] == pid)
            return true;
    }
    return false;
}

/*
 * Walks up to an ancestor whose kin is known, then notes the answer for all on the way, so that
 * each process is decided once.
 */
static enum kin table_kin(const struct table *table, const struct sweep *sweep, pid_t pid)
{
    struct entry *start = table_find(table, pid), *entry = start;
    enum kin kin = KIN_OTHER; /* also if an ancestor is missing in the table */
    for (long step = 0; entry && step < GENERATIONS_MAX; step++) {
        if (entry->kin != KIN_UNKNOWN || entry->process.pid == sweep->root) {
            kin = entry->kin == KIN_UNKNOWN ? KIN_OTHER : entry->kin;
            break;
        }
        if (entry->process.parent == sweep->root) {
            kin = is_spared(sweep, entry->process.pid) ? KIN_OTHER : KIN_BELOW;
            break;
        }
        entry = table_find(table, entry->process.parent);
    }
    for (entry = start; entry && entry->kin == KIN_UNKNOWN && entry->process.pid != sweep->root;
         entry = table_find(table, entry->process.parent))
        entry->kin = kin;
    return kin;
}

/*
 * Opens the process first, then compares start times, then signals by the descriptor: so the signal
 * cannot reach another process that got the number meanwhile. False if we may not signal it.
 */
static bool signal_one(const struct sweep_process *process, int signal)
{
    struct sweep_process now;
    struct pidfd pidfd;
    bool allowed = true;
    if (!pidfd_open_process(process->pid, &pidfd))
        return true;
    if (sweep_read(process->pid, &now) == 0 && now.start_ticks == process->start_ticks) {
        allowed = pidfd_signal(&pidfd, signal);
        if (now.state == 'T' && signal != SIGKILL)
            (void)pidfd_signal(&pidfd, SIGCONT); /* allowed or not is known by now */
    }
    pidfd_close(&pidfd);
    return allowed;
}

static bool is_kept(const struct sweep *sweep, const struct sweep_process *process)
{
    return sweep->not_killed && strcmp(process->name, sweep->not_killed) == 0;
}

/* A first thread that has ended shows as a zombie while others of its process run on. */
static bool is_living(const struct sweep_process *process)
{
    return (process->state != 'Z' && process->state != 'X') || process->threads > 1;
}

static void count(struct sweep_found *found, pid_t pid, bool allowed)
{
    found->living++;
    found->example = pid;
    if (!allowed)
        found->refused = pid;
}

/* Signals the descendants that /proc shows. -1: it cannot be read, or memory is short. */
static int signal_below(const struct sweep *sweep, int signal, struct sweep_found *found)
{
    struct table table = {0};
    int result = table_read(&table);
    for (size_t i = 0; result == 0 && i < table.count; i++) {
        const struct sweep_process *process = &table.entries[i].process;
        if (!is_living(process) || table_kin(&table, sweep, process->pid) != KIN_BELOW)
            continue;
        bool wanted = signal && (signal != SIGKILL || !is_kept(sweep, process));
        count(found, process->pid, !wanted || signal_one(process, signal));
    }
    free(table.entries);
    return result;
}

/*
 * Without /proc the kernel can only be asked of each number whether it is a child of ours. A child
 * keeps its number until we reap it, so the signal cannot reach another process.
 */
static void signal_children(const struct sweep *sweep, int signal, struct sweep_found *found)
{
    for (pid_t pid = 1; pid <= PROCESSES_MAX; pid++) {
        siginfo_t info = {0};
        struct pidfd child = {.pid = pid, .fd = -1};
        if (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == 0 &&
            !is_spared(sweep, pid))
            count(found, pid, !signal || pidfd_signal(&child, signal));
    }
}

bool sweep_has_proc(void)
{
    char text[32];
    ssize_t length = readlink("/proc/self", text, sizeof(text) - 1);
    if (length <= 0)
        return false;
    text[length] = '\0';
    return strtol(text, NULL, 10) == getpid();
}

/* Is there a child that lives? Known only if none is to be spared, and root is this process. */
static bool has_living_child(const struct sweep *sweep)
{
    siginfo_t info = {0};
    return sweep->root == getpid() && sweep->spared_count == 0 &&
           waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == 0;
}

int sweep_signal(const struct sweep *sweep, int signal, struct sweep_found *ret_found)
{
    struct sweep_found found = {0};
    bool seen = sweep_has_proc() && signal_below(sweep, signal, &found) == 0;
    /* mounted with hidepid /proc does not show processes that became another user's */
    if (!seen || (found.living == 0 && has_living_child(sweep))) {
        found = (struct sweep_found){.by_parent = true};
        if (sweep->root == getpid())
            signal_children(sweep, signal, &found);
    }
    if (ret_found)
        *ret_found = found;
    return found.living;
}

bool sweep_descends(pid_t pid, pid_t ancestor)
{
    struct sweep_process process;
    for (long step = 0; pid > 1 && step < GENERATIONS_MAX; step++) {
        if (sweep_read(pid, &process) != 0)
            return false;
        if (process.parent == ancestor)
            return true;
        pid = process.parent;
    }
    return false;
}

static void spare(struct sweep *sweep, pid_t pid)
{
    if (sweep->spared_count < SWEEP_SPARED_MAX)
        sweep->spared[sweep->spared_count++] = pid;
}

void sweep_init(struct sweep *sweep)
{
    siginfo_t info;
    struct table table = {0};

    *sweep = (struct sweep){.root = getpid()};
    /* most often there is no child at all, and nothing to read */
    if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0 && errno == ECHILD)
        return;
    if (sweep_has_proc() && table_read(&table) == 0) {
        for (size_t i = 0; i < table.count; i++)
            if (table.entries[i].process.parent == sweep->root)
                spare(sweep, table.entries[i].process.pid);
    } else {
        for (pid_t pid = 1; pid <= PROCESSES_MAX; pid++)
            if (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0)
                spare(sweep, pid);
    }
    free(table.entries);
}
