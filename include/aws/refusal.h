/*
 * refusal - what a service says when it refuses: the code of the error, and a message.
 *
 * Follows AWS's JSON protocols, and recorded answers. The code is what `__type` holds after a '#'
 * and before a ':', or else the same of the header x-amzn-ErrorType. The message is `message` or
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

/*
 * error_type is the value of x-amzn-ErrorType. If body is not JSON, *ret_refusal has the code of
 * the header, and the result is -1 with json_pick()'s error.
 */
int refusal_read(struct text body, struct text error_type, struct refusal *ret_refusal,
                 struct error *err);

#endif
