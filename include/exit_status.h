/* exit_status - what withlock's exit statuses mean; the table of withlock(1), EXIT STATUS. */
#ifndef EXIT_STATUS_H
#define EXIT_STATUS_H

enum exit_status {
    EXIT_STATUS_NOT_OBTAINED = 1, /* held by another; --conflict-exit-code changes it */
    EXIT_STATUS_USAGE = 64,
    EXIT_STATUS_UNAVAILABLE = 69,
    EXIT_STATUS_INTERNAL = 70,
    EXIT_STATUS_SYSTEM = 71,
    EXIT_STATUS_LOST = 74,
    EXIT_STATUS_DENIED = 77,
    EXIT_STATUS_CONFIG = 78,
    EXIT_STATUS_MAX_HOLD = 124, /* as of timeout(1) */
    EXIT_STATUS_NOT_EXECUTABLE = 126,
    EXIT_STATUS_NOT_FOUND = 127,
    EXIT_STATUS_SIGNAL = 128, /* plus the number of the signal */
};

#endif
