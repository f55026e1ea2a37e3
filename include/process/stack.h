/*
 * stack - is there room for what a run calls? A stack that cannot grow ends a process by SIGSEGV,
 * at a moment that nobody chooses.
 */
#ifndef PROCESS_STACK_H
#define PROCESS_STACK_H

#include "base/error.h"

/*
 * The stack that must be free. A run was seen to use 28 KiB of it. The kernel maps so much at exec,
 * below arguments and environment, if the limit allows it, so that it is there even if the address
 * space is full later. musl gives each thread as much; glibc gives it what the limit says.
 */
#define STACK_NEEDED_BYTES (128 * 1024)

/*
 * Checks that so much may be used below the caller's frame. Call it first, in the main thread.
 * ERROR_SYSTEM, which names the limit, if not.
 */
int stack_check_room(struct error *err) MUST_USE;

#endif
