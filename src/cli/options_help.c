#include <stdio.h>

#include "base/buf.h"
#include "options_table.h"

#define WORDS_BYTES      64
#define HELP_LIMIT_BYTES 16384

char *options_help(void)
{
    struct buf help = BUF(HELP_LIMIT_BYTES);
    buf_add_text(&help, "usage: withlock [OPTIONS] -p PREFIX [--] COMMAND [ARG...]\n"
                        "       withlock [OPTIONS] -p PREFIX -c 'SHELL COMMAND'\n"
                        "       withlock [OPTIONS] -p PREFIX --status [--json] [--watch [SECS]]\n"
                        "       withlock [OPTIONS] [-p PREFIX] --list [--json] [--watch [SECS]]\n"
                        "       withlock [OPTIONS] -p PREFIX --break ID [--yes]\n"
                        "       withlock [OPTIONS] -p PREFIX --check [--json]\n\n"
                        "Runs COMMAND while holding a lock that is global to an AWS account "
                        "and region.\n\n");
    for (size_t i = 0; i < options_table_rows; i++) {
        const struct option_row *row = &options_table[i];
        char words[WORDS_BYTES], letter[5] = "    ";
        if (!row->help)
            continue;
        if (row->letter)
            (void)snprintf(letter, sizeof(letter), "-%c, ", row->letter);
        (void)snprintf(words, sizeof(words), "%s--%s%s%s", letter, row->name, row->value ? " " : "",
                       row->value ? row->value : "");
        buf_addf(&help, "  %-26s %s\n", words, row->help);
    }
    buf_add_text(&help,
                 "\nDurations: 90, 1.5, 90s, 15m, 2h, 1d, 1h30m. Every setting can be preset by\n"
                 "WITHLOCK_ and its name in capitals: WITHLOCK_LOCK_TIMEOUT=60.\n"
                 "Exit status: the command's own; 1 lock not obtained, 64 usage, 69 service\n"
                 "unreachable, 74 lock lost, 77 refused by AWS, 78 configuration, 124 --max-hold\n"
                 "is over, 126/127 command not executable/not found.\n");
    return help.data;
}
