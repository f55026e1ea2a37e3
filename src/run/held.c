#include "run/held.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/text.h"

static const char *const names[HELD_VARIABLES] = {"WITHLOCK_HELD_PREFIX", "WITHLOCK_HELD_ID",
                                                  "WITHLOCK_HELD_TOKEN", "WITHLOCK_HELD_ENDPOINT"};

/* Takes the next word off a list; false at its end. */
static bool next_word(const char **list, struct text *ret_word)
{
    *list += strspn(*list, " ");
    size_t length = strcspn(*list, " ");
    *ret_word = text_slice(*list, length);
    *list += length;
    return length > 0;
}

int held_check(environment_fn *environment, const char *prefix, const char *endpoint,
               struct error *err)
{
    const char *prefixes = environment(names[0]), *endpoints = environment(names[3]);
    struct text held_prefix, held_endpoint;
    while (prefixes && endpoints && next_word(&prefixes, &held_prefix) &&
           next_word(&endpoints, &held_endpoint)) {
        if (text_equal(held_prefix, prefix) && text_equal(held_endpoint, endpoint))
            return error_set(err, ERROR_USAGE,
                             "the lock '%s' is held by a withlock that started this one, which "
                             "would wait for itself; unset %s if that is not so",
                             prefix, names[0]);
    }
    return 0;
}

int held_check_room(environment_fn *environment, const char *prefix, const char *id,
                    struct error *err)
{
    const size_t value_bytes[HELD_VARIABLES] = {strlen(prefix), strlen(id), HELD_TOKEN_BYTES,
                                                HELD_ENDPOINT_BYTES};
    for (int i = 0; i < HELD_VARIABLES; i++) {
        const char *list = environment(names[i]);
        size_t list_bytes = list ? strlen(list) : 0;
        if (strlen(names[i]) + list_bytes + value_bytes[i] + 2 > HELD_VARIABLE_BYTES)
            return error_set(err, ERROR_USAGE,
                             "%s has %zu bytes: too long for this lock to be added, the limit is "
                             "%d",
                             names[i], list_bytes, HELD_VARIABLE_BYTES);
    }
    return 0;
}

/* "NAME=LIST VALUE", the caller's to free. NULL if it is too long, or memory is short. */
static char *extend(const char *name, const char *list, const char *value)
{
    struct buf variable = BUF(HELD_VARIABLE_BYTES);
    buf_addf(&variable, "%s=%s%s%s", name, list ? list : "", list && *list ? " " : "", value);
    if (variable.failed)
        buf_free(&variable);
    return variable.data;
}

int held_make(struct held *ret_held, environment_fn *environment, const char *prefix,
              const char *id, int64_t token, const char *endpoint, struct error *err)
{
    char number[HELD_TOKEN_BYTES + 1];
    struct held held = {0};
    const char *values[HELD_VARIABLES] = {prefix, id, number, endpoint};
    (void)snprintf(number, sizeof(number), "%lld", (long long)token);
    for (int i = 0; i < HELD_VARIABLES; i++) {
        held.variables[i] = extend(names[i], environment(names[i]), values[i]);
        if (!held.variables[i]) {
            held_free(&held);
            return error_set(err, ERROR_LIMIT, "%s is longer than %d bytes, or memory ran out",
                             names[i], HELD_VARIABLE_BYTES);
        }
    }
    *ret_held = held;
    return 0;
}

void held_free(struct held *held)
{
    for (int i = 0; i < HELD_VARIABLES; i++) {
        free(held->variables[i]);
        held->variables[i] = NULL;
    }
}
