/*
 * watch - --watch: what --status or --list show, again and again, until a signal asks for an end.
 *
 * On a terminal it is kept up to date in place; elsewhere, and as JSON, it is printed each time.
 * Asking is kept within the service's quota: a listing of many pages is asked for less often.
 */
#ifndef INSPECT_WATCH_H
#define INSPECT_WATCH_H

#include "inspect/inspect.h"

#define WATCH_PAGE_MS 1000 /* for each page of the last listing: a tenth of the account's quota */

/*
 * every_ms: from one question to the next, at least. A failure after the first answer is reported,
 * and asked again, unless it is one that stays. Returns the exit status: 128 and the signal, or
 * that of the failure, and err says what it is.
 */
int watch_run(const struct inspect_plan *plan, inspect_show_fn *show, bool json, int64_t every_ms,
              struct error *err);

#endif
