/*
 * refusal - what a service says when it refuses: the code of the error, and a message.
 *
 * As AWS's JSON protocols have it, and what is on record of real answers: the code is `__type`
 * behind a '#' and before a ':', else the header x-amzn-ErrorType; the message `message` or
 * `Message`. Pure.
 */
#ifndef AWS_REFUSAL_H
#define AWS_REFUSAL_H

#include "base/error.h"
#include "base/text.h"

#define REFUSAL_BODY_BYTES    ((size_t)1024 * 1024)
#define REFUSAL_CODE_BYTES    100
#define REFUSAL_MESSAGE_BYTES 640

/* Printable; "" for what was not said. */
struct refusal {
    char code[REFUSAL_CODE_BYTES];
    char message[REFUSAL_MESSAGE_BYTES];
};

/* error_type: the header's value. -1, as json_pick says it: not JSON; the code is the header's. */
int refusal_read(struct text body, struct text error_type, struct refusal *ret_refusal,
                 struct error *err);

#endif
