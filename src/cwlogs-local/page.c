#include "cwlogs-local/page.h"

#include <inttypes.h>
#include <stdio.h>

#define SUM_DIGITS 16 /* of 64 bits in hex */

/* FNV-1a, 64 bits: a check sum, not a seal. */
static uint64_t sum(uint64_t state, struct text text)
{
    for (size_t i = 0; i < text.length; i++)
        state = (state ^ (unsigned char)text.data[i]) * 0x100000001b3U;
    return (state ^ 0xff) * 0x100000001b3U; /* no UTF-8 holds 0xff: keeps the parts apart */
}

static void sum_digits(struct text listing, struct text last, char out[SUM_DIGITS + 1])
{
    uint64_t value = sum(sum(0xcbf29ce484222325U, listing), last);
    (void)snprintf(out, SUM_DIGITS + 1, "%016" PRIx64, value); /* fits */
}

void page_write_token(struct buf *out, struct text listing, struct text last)
{
    char digits[SUM_DIGITS + 1];
    sum_digits(listing, last, digits);
    buf_addf(out, "%s.%.*s", digits, TEXT_ARGS(last)); /* a failure sticks */
}

bool page_read_token(struct text token, struct text listing, struct text *ret_last)
{
    char digits[SUM_DIGITS + 1];
    if (token.length < SUM_DIGITS + 1)
        return false;
    struct text last = text_behind(token, SUM_DIGITS + 1);
    sum_digits(listing, last, digits);
    if (token.data[SUM_DIGITS] != '.' ||
        !text_same(text_slice(token.data, SUM_DIGITS), text_from(digits)))
        return false;
    *ret_last = last;
    return true;
}
