#include "variables.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "cli/options.h"
#include "options_table.h"

#define PREFIX         "WITHLOCK_"
#define HELD           PREFIX "HELD_" /* what a command is given; not ours to read names in */
#define MISTAKES_MAX   2              /* letters too many, missing, wrong or swapped, */
#define MISTAKES_SHARE 3              /* and no more than this share of the name */

void variables_name(const char *option, char out[VARIABLES_NAME_BYTES])
{
    size_t length = (size_t)snprintf(out, VARIABLES_NAME_BYTES, PREFIX "%s", option);
    for (size_t i = 0; i < length && i < VARIABLES_NAME_BYTES; i++)
        out[i] = (char)(out[i] == '-' ? '_' : toupper((unsigned char)out[i]));
}

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* Letters inserted, left out, replaced or swapped with their neighbours (optimal alignment). */
static unsigned mistakes(const char *given, size_t given_length, const char *known)
{
    unsigned rows[3][VARIABLES_NAME_BYTES];
    size_t known_length = strlen(known);
    for (unsigned k = 0; k <= known_length; k++)
        rows[0][k] = k;
    for (unsigned i = 1; i <= given_length; i++) {
        unsigned *row = rows[i % 3], *before = rows[(i + 2) % 3], *earlier = rows[(i + 1) % 3];
        row[0] = i;
        for (unsigned k = 1; k <= known_length; k++) {
            unsigned wrong = given[i - 1] != known[k - 1];
            row[k] = least(least(before[k], row[k - 1]) + 1, before[k - 1] + wrong);
            if (i > 1 && k > 1 && given[i - 1] == known[k - 2] && given[i - 2] == known[k - 1])
                row[k] = least(row[k], earlier[k - 2] + 1);
        }
    }
    return rows[given_length % 3][known_length];
}

bool options_misnamed(const char *variable, char meant[OPTIONS_VARIABLE_BYTES])
{
    char given[VARIABLES_NAME_BYTES], known[VARIABLES_NAME_BYTES];
    size_t length = strcspn(variable, "=");
    unsigned fewest = MISTAKES_MAX + 1;
    if (strncasecmp(variable, PREFIX, strlen(PREFIX)) != 0 || length >= sizeof(given) ||
        strncmp(variable, HELD, strlen(HELD)) == 0)
        return false;
    for (size_t i = 0; i < length; i++)
        given[i] = (char)(variable[i] == '-' ? '_' : toupper((unsigned char)variable[i]));
    for (size_t i = 0; i < options_table_rows; i++) {
        variables_name(options_table[i].name, known);
        if (strlen(known) == length && memcmp(variable, known, length) == 0)
            return false; /* an option's; whether it can be preset is in the manual */
        unsigned found = mistakes(given, length, known);
        if (options_table[i].preset && found < fewest &&
            found <= (length - strlen(PREFIX)) / MISTAKES_SHARE) {
            fewest = found;
            memcpy(meant, known, sizeof(known));
        }
    }
    return fewest <= MISTAKES_MAX;
}
