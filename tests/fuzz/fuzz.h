/*
 * fuzz - what every fuzz target includes. A target is one function that must survive any input
 * and abort when a property that must hold does not.
 *
 * meson setup -Dfuzz=true (clang) links targets with libFuzzer; otherwise they are linked with
 * replay.c and only run over their seed corpus, so that they keep building and passing.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define must(condition)                                                                            \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            (void)fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                  \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

#endif
