#include "base/random.h"

#include <errno.h>
#include <sys/random.h>

#include "base/clock.h"

int random_bytes(void *out, size_t length, struct error *err)
{
    ssize_t got;
    do
        got = getrandom(out, length, 0); /* up to 256 bytes come whole (getrandom(2)) */
    while (got < 0 && errno == EINTR);
    if (got != (ssize_t)length)
        return error_system(err, got < 0 ? errno : EIO, "reading random bytes");
    return 0;
}

uint32_t random_u32(void)
{
    uint32_t value;
    if (random_bytes(&value, sizeof(value), NULL) != 0)
        value = (uint32_t)mono_now().ms * 2654435761U; /* Knuth's multiplicative hash */
    return value;
}
