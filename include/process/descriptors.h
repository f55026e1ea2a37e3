/*
 * descriptors - the open files withlock was given, kept apart from its own.
 *
 * Ours are close-on-exec from birth and never below 3; what was given is not, and so the
 * command has exactly the descriptors that withlock was started with.
 */
#ifndef PROCESS_DESCRIPTORS_H
#define PROCESS_DESCRIPTORS_H

#include <stddef.h>

#include "base/error.h"

/* Free descriptors that a run needs: signals, timers, sockets, pipes of helpers; a few to spare. */
#define DESCRIPTORS_NEEDED 24

/*
 * Opens /dev/null, close-on-exec, with a mode of open(2) (O_RDONLY, ...). Where there is none, as
 * in a bare chroot, the descriptor is one that can be neither read nor written. The caller closes
 * it. -1 (errno) if no descriptor is left.
 */
int descriptors_open_null(int mode);

/*
 * Opens /dev/null in the place of each of the descriptors 0, 1 and 2 that is closed, so that none
 * of our sockets can get that number and be taken for standard output. The command sees them
 * closed, as given. Writing to a standard output that was closed still fails, for this one is open
 * for reading only. Call it before anything is opened.
 */
int descriptors_hold_standard(struct error *err) MUST_USE;

/*
 * Checks that DESCRIPTORS_NEEDED descriptors are free, so that a run does not fail halfway in some
 * library that cannot say why. ERROR_SYSTEM, which names the limit, if they are not.
 */
int descriptors_check_room(struct error *err) MUST_USE;

typedef void (*descriptors_visit_fn)(int fd, void *context);

/*
 * Calls visit for every open descriptor from first on; the visit may close it. Without /proc only
 * descriptors below 4096 are found.
 */
void descriptors_visit(int first, descriptors_visit_fn visit, void *context);

/*
 * Closes every descriptor but the `count` ones in keep, and replaces those of 0, 1 and 2 that are
 * not in it by /dev/null. For a process that stays in the background: whoever reads from a pipe
 * waits for as long as anybody has its writing end open. keep is sorted in place; a -1 in it is
 * ignored.
 */
void descriptors_close_but(int *keep, size_t count);

#endif
