/*
 * wait - the one place that makes a time-out out of a moment, and waits.
 *
 * A wait may end early (a signal handler, an impatient kernel) and late (a preempted process): who
 * waits looks at its clock and its descriptors again, and waits once more if nothing has happened.
 */
#ifndef BASE_WAIT_H
#define BASE_WAIT_H

#include <poll.h>

#include "base/clock.h"

/*
 * The longest wait in one piece, in ms: the kernel's time-outs do not count the time that the
 * machine is suspended, moments do.
 */
#define WAIT_MAX_MS 60000

#define WAIT_NAP_MS 10 /* instead of a wait that the kernel cannot grant */

/*
 * Milliseconds until then, as poll(2), epoll_wait(2) and curl_multi_poll() take them: -1 (without
 * end) for MONO_NEVER and for nothing else, 0 once the moment is reached, never more than
 * WAIT_MAX_MS. At least 1 before the moment, so that nobody who waits runs in circles.
 */
int wait_timeout_ms(struct mono now, struct mono until);

/*
 * poll(2) until a descriptor is ready, or until then, or for WAIT_MAX_MS. Returns how many are
 * ready, by their revents; 0 is no promise that the moment is reached. Where the kernel cannot wait
 * (out of memory), it naps, and every descriptor counts as one that may be ready: read them without
 * blocking.
 */
int wait_ready(struct pollfd *fds, nfds_t count, struct mono until);

#endif
