/*
 * status - --status: who holds the lock and who waits, as a table or as JSON (docs/status.md).
 *
 * What others have put into names is printed so that it does no harm on a terminal.
 */
#ifndef INSPECT_STATUS_H
#define INSPECT_STATUS_H

#include "base/buf.h"
#include "base/error.h"
#include "inspect/inspect.h"

#define STATUS_BYTES (64 * 1024 * 1024) /* limit of all that is printed at once */

/* As inspect_show_fn. The exit status: 0 if the lock is free, 1 if it is held. */
int status_show(struct inspect *inspect, bool json, struct buf *out, struct error *err) MUST_USE;

typedef bool status_pick_fn(const struct survey_run *run, void *context);

/*
 * The rows of some runs, with a heading; picked: NULL for all. Where a terminal has too few columns
 * (0: any number will do) it says nothing twice, and takes two lines for a run if it must.
 */
void status_table(const struct inspect_view *view, unsigned columns, status_pick_fn *picked,
                  void *context, struct buf *out);

/*
 * Ends the last line of out, which began at the offset `begin`, with the time of the listing and
 * whose clock says so; on a terminal too narrow for that it is put on a line of its own.
 */
void status_clock(const struct inspect *inspect, const struct inspect_view *view, size_t begin,
                  struct buf *out);

/* Members of a JSON object: the time and place of the listing; a lock's runs. */
void status_json_view(const struct inspect *inspect, const struct inspect_view *view,
                      struct buf *out);
void status_json_runs(const struct survey *survey, const struct lock_listing *listing,
                      struct buf *out);

#endif
