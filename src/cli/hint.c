#include "cli/hint.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

#define SHOWN_BYTES 80 /* of words; no more is of help in one line */

/* Words that only a shell understands, though some systems have a program for a few of them. */
static bool is_shell_word(const char *word)
{
    static const char *const words[] = {
        ".",        "source", "cd",    "export", "set",     "unset", "alias", "eval",
        "exec",     "exit",   "read",  "trap",   "ulimit",  "umask", "wait",  "type",
        "function", "local",  "pushd", "popd",   "declare", "shopt", "if",    "for",
        "while",    "until",  "case",  "{",      "(",       "((",    "[[",    "!",
    };
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (strcmp(word, words[i]) == 0)
            return true;
    return false;
}

/* NAME=VALUE, which a shell would have set for the command. */
static bool is_assignment(const char *word)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789";
    size_t length = strspn(word, letters);
    return length > 0 && word[length] == '=' && !strchr("0123456789", word[0]);
}

/* locks/deploy, and a command behind it: how flock would have it. */
static bool is_like_a_prefix(const char *word)
{
    return word[0] != '/' && word[0] != '.' && strchr(word, '/');
}

void hint_command(char *const *words, struct error *err)
{
    char shown[SHOWN_BYTES];
    size_t used = strlen(err->text), room = sizeof(err->text) - used;
    char *end = err->text + used; /* cutting is fine */
    (void)text_printable(text_from(words[0]), shown, sizeof(shown));
    if (is_shell_word(words[0]))
        (void)snprintf(end, room, "; '%s' is a word of the shell: run the line by -c", shown);
    else if (is_assignment(words[0]))
        (void)snprintf(end, room, "; to set a variable for the command put 'env' before it");
    else if (!words[1] && strpbrk(words[0], " \t\n;&|<>$"))
        (void)snprintf(end, room, "; a line of shell is run by -c, a command goes without quotes");
    else if (words[1] && is_like_a_prefix(words[0]))
        (void)snprintf(end, room, "; the lock is named by -p, what follows is the command");
}
