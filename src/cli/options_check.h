/* options_check - defaults that depend on other settings, and the bounds between settings. */
#ifndef CLI_OPTIONS_CHECK_H
#define CLI_OPTIONS_CHECK_H

#include "cli/options.h"

/* Completes what was read. Returns 0, or -1 with ERROR_USAGE. */
int options_check(struct options *options, struct error *err) MUST_USE;

#endif
