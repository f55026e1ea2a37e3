/* variables - the names under which settings are preset in the environment. */
#ifndef CLI_VARIABLES_H
#define CLI_VARIABLES_H

#include "cli/options.h"

#define VARIABLES_NAME_BYTES OPTIONS_VARIABLE_BYTES

/* WITHLOCK_ and an option's long name in capitals, with _ for -. */
void variables_name(const char *option, char out[VARIABLES_NAME_BYTES]);

#endif
