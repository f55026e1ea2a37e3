/*
 * break - --break ID: delete another contender's attempts, for good reasons.
 *
 * Takes an ID, or a label that fits one contender; of several it says whose it is. Shows whom it
 * hits and for how long its command may still run, asks, looks again, refuses if there is a new
 * attempt by then, deletes, and leaves one line that says who did it.
 */
#ifndef INSPECT_BREAK_H
#define INSPECT_BREAK_H

#include "base/buf.h"
#include "base/error.h"
#include "inspect/inspect.h"

#define BREAK_ASK_MS      (10 * 60 * 1000) /* an answer later than this is none */
#define BREAK_ROUNDS_MAX  8                /* of looking for what is left, and deleting it */
#define BREAK_CLEAR_LOOKS 2                /* in a row, --settle apart, with nothing to delete */

/*
 * id: an ID or a label. yes: do not ask (--yes).
 * What is shown goes to out, and is written to standard output before the question. The exit
 * status: 0 if the attempts are gone; 1 if there was nothing to break, the user said no, or the
 * contender has renewed its attempt meanwhile.
 */
int break_run(const struct inspect_plan *plan, const char *id, bool yes, struct buf *out,
              struct error *err);

#endif
