/*
 * run-measured OUT COMMAND [ARGUMENT...] - runs a command and writes to OUT what it took, as
 *
 *   begin_ns end_ns user_us system_us peak_kib minor_faults major_faults switches status
 *
 * with the times of CLOCK_MONOTONIC. All but the peak are sums over the command and whatever it
 * has waited for; the peak is that of the largest of these. A small program does this because
 * a process begins its life with its parent's peak.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long long now_ns(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail */
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static long long microseconds(struct timeval time)
{
    return time.tv_sec * 1000000LL + time.tv_usec;
}

int main(int argc, char **argv)
{
    int status = 0;
    struct rusage used;
    if (argc < 3) {
        fputs("usage: run-measured OUT COMMAND [ARGUMENT...]\n", stderr);
        return 64;
    }
    long long begin = now_ns();
    pid_t pid = fork();
    if (pid == 0) {
        execvp(argv[2], argv + 2);
        perror(argv[2]);
        _exit(127);
    }
    if (pid < 0 || wait4(pid, &status, 0, &used) != pid) {
        perror("run-measured");
        return 71;
    }
    long long end = now_ns();
    FILE *out = fopen(argv[1], "we");
    if (!out ||
        fprintf(out, "%lld %lld %lld %lld %ld %ld %ld %ld %d\n", begin, end,
                microseconds(used.ru_utime), microseconds(used.ru_stime), used.ru_maxrss,
                used.ru_minflt, used.ru_majflt, used.ru_nvcsw + used.ru_nivcsw,
                WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status)) < 0 ||
        fclose(out) != 0) {
        perror(argv[1]);
        return 71;
    }
    return EXIT_SUCCESS;
}
