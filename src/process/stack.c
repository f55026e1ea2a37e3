#include "process/stack.h"

#include <errno.h>
#include <stdint.h>
#include <sys/auxv.h>
#include <sys/resource.h>

#define KIB 1024

/*
 * From the top of the stack to here. The kernel puts the program's name (AT_EXECFN) at the top,
 * above the environment.
 */
static rlim_t bytes_used(void)
{
    uintptr_t top = getauxval(AT_EXECFN), here = (uintptr_t)__builtin_frame_address(0);
    return top > here ? top - here : 0;
}

int stack_check_room(struct error *err)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_STACK, &limit) != 0)
        return error_system(err, errno, "asking how large the stack may become");
    rlim_t used = bytes_used();
    rlim_t left = limit.rlim_cur > used ? limit.rlim_cur - used : 0;
    if (limit.rlim_cur == RLIM_INFINITY || left >= STACK_NEEDED_BYTES)
        return 0;
    return error_set(err, ERROR_SYSTEM,
                     "only %u of the %d KiB of stack needed, beside arguments and environment (see "
                     "ulimit -s)",
                     (unsigned)(left / KIB), STACK_NEEDED_BYTES / KIB);
}
