/*
 * list - --list: every lock below a prefix, or of the account, as a table or as JSON
 * (docs/list.md).
 *
 * A lock is a prefix below which withlock has made a name. Exit status 0, whatever there is.
 */
#ifndef INSPECT_LIST_H
#define INSPECT_LIST_H

#include "base/buf.h"
#include "base/error.h"
#include "inspect/inspect.h"

/* Asks once and adds to out. Returns 0, or -1. With "" as the plan's prefix: all locks. */
int list_show(struct inspect *inspect, bool json, struct buf *out, struct error *err) MUST_USE;

#endif
