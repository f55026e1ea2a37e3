/*
 * check - --check in words, or as JSON (docs/check.md): what inspect/probe has found.
 */
#ifndef INSPECT_CHECK_H
#define INSPECT_CHECK_H

#include "base/buf.h"
#include "base/error.h"
#include "inspect/inspect.h"

/*
 * Checks, which takes some seconds, and adds what was found to out. The exit status: 0 if all is
 * well, 77 if a permission is missing, 78 if --settle is too short for what was measured; else
 * that of the failure, and err says what it is.
 */
int check_lock(const struct inspect_plan *plan, bool json, struct buf *out, struct error *err);

#endif
