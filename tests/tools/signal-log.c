/*
 * signal-log - a command that writes down every signal it gets.
 *
 *     signal-log FILE [SIGNAL...]
 *
 * Appends "ready PID" and then the number of each signal, one a line, to FILE. The numbered
 * SIGNALs are left as they are. Ends with status 0 at the last real-time signal.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    sigset_t set;
    FILE *log = argc > 1 ? fopen(argv[1], "a") : NULL;
    if (!log)
        return 2;
    setvbuf(log, NULL, _IOLBF, 0);
    sigfillset(&set);
    for (int i = 2; i < argc; i++)
        sigdelset(&set, atoi(argv[i]));
    sigprocmask(SIG_BLOCK, &set, NULL);
    fprintf(log, "ready %d\n", (int)getpid());
    for (;;) {
        int number = sigwaitinfo(&set, NULL);
        if (number < 0)
            continue;
        fprintf(log, "%d\n", number);
        if (number == SIGRTMAX)
            return 0;
    }
}
