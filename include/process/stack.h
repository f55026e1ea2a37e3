/*
 * stack - is there room for what a run calls? A stack that cannot grow ends a process by SIGSEGV,
 * at a moment that nobody chooses.
 */
#ifndef PROCESS_STACK_H
#define PROCESS_STACK_H

#include "base/error.h"

/*
 * So many bytes the kernel maps at exec below arguments and environment, if the limit allows it:
 * they are there whatever becomes of the address space. A run was seen to use 28 KiB. It is also
 * what musl gives a thread; that of glibc has as much as the limit says.
 */
#define STACK_NEEDED_BYTES (128 * 1024)

/*
 * Is there so much below the caller's frame? Call it first, in the main thread. ERROR_SYSTEM with
 * the limit if not.
 */
int stack_check_room(struct error *err) MUST_USE;

#endif
