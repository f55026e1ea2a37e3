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

#define DESCRIPTORS_NEEDED                                                                         \
    24 /* signals, timers, sockets, pipes of helpers; with a few to spare                          \
        */

/*
 * /dev/null, close-on-exec; where there is none, as in a bare chroot, what can neither be read nor
 * written. -1 (errno) if there is no descriptor left.
 */
int descriptors_open_null(int mode);

/*
 * Puts that where descriptor 0, 1 or 2 was closed, so that no socket of ours
 * can turn up there; the command sees it closed as given. Writing to such an output fails, as it
 * would have. Call it before anything is opened.
 */
int descriptors_hold_standard(struct error *err) MUST_USE;

/*
 * Is there room for what a run opens? Finding out in the middle of one would end it with whatever
 * the library at hand makes of it. ERROR_SYSTEM with the limit if not.
 */
int descriptors_check_room(struct error *err) MUST_USE;

typedef void (*descriptors_visit_fn)(int fd, void *context);

/*
 * Shows every open descriptor from first on; it may be closed by the visit. Where there is no
 * /proc, those below 4096.
 */
void descriptors_visit(int first, descriptors_visit_fn visit, void *context);

/*
 * Closes every descriptor but those kept, and puts /dev/null on those of 0, 1 and 2 that are not.
 * For a process that stays in the background: it must not keep a caller's pipe open. keep is sorted
 * in place.
 */
void descriptors_close_but(int *keep, size_t count);

#endif
