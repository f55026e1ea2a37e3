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

#define STATUS_BYTES (64 * 1024 * 1024)

/* Looks once and adds to out. The exit status: 0 if the lock is free, 1 if it is held. */
int status_run(const struct inspect_plan *plan, bool json, struct buf *out, struct error *err);

typedef bool status_pick_fn(const struct survey_run *run, void *context);

/*
 * The rows of some runs, with a heading; picked: NULL for all. Where a terminal has too few columns
 * (0: any number will do) it says nothing twice, and takes two lines for a run if it must.
 */
void status_table(const struct inspect_view *view, unsigned columns, status_pick_fn *picked,
                  void *context, struct buf *out);

void status_text(const struct inspect *inspect, const struct inspect_view *view, struct buf *out);
void status_json(const struct inspect *inspect, const struct inspect_view *view, struct buf *out);

#endif
