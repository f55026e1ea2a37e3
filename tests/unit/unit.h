/* unit - what every unit test includes: cmocka with the headers it needs before it. */
#ifndef UNIT_H
#define UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#ifdef assert_uint_in_range /* cmocka 2: the same by another name, and a warning for the old one   \
                             */
#undef assert_in_range
#define assert_in_range assert_uint_in_range
#endif

/*
 * Skips, by its name, a test of what only a kernel gives: an emulator of programs (qemu-user) shows
 * its own maps and names, and does not tell what the child of a vfork(2) met.
 */
static inline void needs_a_kernel(void)
{
    if (getenv("WITHLOCK_TEST_EMULATED")) /* set by meson.build where it builds for others */
        skip();
}

/* A row of a table test failed: says which, then fails. */
#define check_row(condition, row)                                                                  \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            print_error("row '%s': %s\n", (row), #condition);                                      \
            fail();                                                                                \
        }                                                                                          \
    } while (0)

#endif
