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

#include "process/pidfd.h"

#define STAT_BYTES      1024    /* a line of /proc/PID/stat is about 300 */
#define PROCESSES_FIRST 256     /* room for so many at first, doubled as needed */
#define PROCESSES_MAX   4194304 /* the kernel's highest pid_max */
#define GENERATIONS_MAX 4194304 /* steps up from a process before giving up: a torn reading */

enum kin {
    KIN_UNKNOWN,
    KIN_BELOW,
    KIN_OTHER
};

struct entry {
    struct sweep_process process;
    enum kin kin;
};

struct table {
    struct entry *entries; /* by pid, ascending */
    size_t count;
    size_t capacity;
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
    if (table->count == table->capacity) {
        size_t capacity = table->capacity ? table->capacity * 2 : PROCESSES_FIRST;
        if (capacity > PROCESSES_MAX)
            return -1;
        struct entry *entries = realloc(table->entries, capacity * sizeof(*entries));
        if (!entries)
            return -1;
        table->entries = entries;
        table->capacity = capacity;
    }
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

/* Walks up to an ancestor that is decided, then writes the answer to all on the way. */
static enum kin table_kin(const struct table *table, const struct sweep *sweep, pid_t pid)
{
    struct entry *start = table_find(table, pid), *entry = start;
    enum kin kin = KIN_OTHER; /* also if the way up breaks off */
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

/* With the descriptor open the pid cannot change hands unseen between check and signal. */
static void signal_one(const struct sweep_process *process, int signal)
{
    struct sweep_process now;
    struct pidfd pidfd;
    if (!pidfd_open_process(process->pid, &pidfd))
        return;
    if (sweep_read(process->pid, &now) == 0 && now.start_ticks == process->start_ticks) {
        pidfd_signal(&pidfd, signal);
        if (now.state == 'T' && signal != SIGKILL)
            pidfd_signal(&pidfd, SIGCONT);
    }
    pidfd_close(&pidfd);
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

int sweep_signal(const struct sweep *sweep, int signal, pid_t *ret_example)
{
    struct table table = {0};
    int living = table_read(&table);
    for (size_t i = 0; living >= 0 && i < table.count; i++) {
        const struct sweep_process *process = &table.entries[i].process;
        if (!is_living(process) || table_kin(&table, sweep, process->pid) != KIN_BELOW)
            continue;
        living++;
        if (ret_example)
            *ret_example = process->pid;
        if (signal && (signal != SIGKILL || !is_kept(sweep, process)))
            signal_one(process, signal);
    }
    free(table.entries);
    return living;
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

void sweep_init(struct sweep *sweep)
{
    siginfo_t info;
    struct table table = {0};

    *sweep = (struct sweep){.root = getpid()};
    /* most often there is no child at all, and nothing to read */
    if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0 && errno == ECHILD)
        return;
    if (table_read(&table) == 0) {
        for (size_t i = 0; i < table.count && sweep->spared_count < SWEEP_SPARED_MAX; i++) {
            if (table.entries[i].process.parent == sweep->root)
                sweep->spared[sweep->spared_count++] = table.entries[i].process.pid;
        }
    }
    free(table.entries);
}
