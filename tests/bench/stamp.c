/*
 * stamp FILE NAME [SECONDS] - a command that takes next to nothing: appends 'start NAME NS' to
 * FILE, sleeps, appends 'stop NAME NS', with the times of CLOCK_MONOTONIC.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static int append(int fd, const char *word, const char *name)
{
    char line[256];
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail */
    int length = snprintf(line, sizeof(line), "%s %.200s %lld\n", word, name,
                          now.tv_sec * 1000000000LL + now.tv_nsec);
    return write(fd, line, (size_t)length) == length ? 0 : -1; /* at one stroke: others append */
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fputs("usage: stamp FILE NAME [SECONDS]\n", stderr);
        return 64;
    }
    double seconds = argc > 3 ? strtod(argv[3], NULL) : 0;
    struct timespec left = {(time_t)seconds, (long)((seconds - (double)(time_t)seconds) * 1e9)};
    int fd = open(argv[1], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (fd < 0 || append(fd, "start", argv[2]) != 0) {
        perror(argv[1]);
        return 71;
    }
    while (nanosleep(&left, &left) != 0)
        ;
    return append(fd, "stop", argv[2]) == 0 ? EXIT_SUCCESS : 71;
}
