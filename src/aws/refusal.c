#include "aws/refusal.h"

#include <string.h>

#include "base/json.h"

/* "com.amazonaws.logs#ThrottlingException:http://..." -> "ThrottlingException" */
static void set_code(struct refusal *refusal, struct text type)
{
    struct text code = text_from("");
    (void)text_next(&type, ':', &code); /* nothing is nothing again */
    const char *hash = code.length ? memrchr(code.data, '#', code.length) : NULL;
    if (hash)
        code = text_behind(code, (size_t)(hash + 1 - code.data));
    (void)text_printable(code, refusal->code, sizeof(refusal->code));
}

int refusal_read(struct text body, struct text error_type, struct refusal *ret_refusal,
                 struct error *err)
{
    CLEAN(buf) struct buf type = BUF_SECRET(REFUSAL_BODY_BYTES);
    CLEAN(buf) struct buf lower = BUF_SECRET(REFUSAL_BODY_BYTES);
    CLEAN(buf) struct buf upper = BUF_SECRET(REFUSAL_BODY_BYTES);
    struct json_pick picks[] = {{.path = "__type", .value = &type},
                                {.path = "message", .value = &lower},
                                {.path = "Message", .value = &upper}};
    int result = json_pick(body, REFUSAL_BODY_BYTES, picks, 3, err);
    const struct buf *message = lower.length ? &lower : &upper;
    *ret_refusal = (struct refusal){0};
    set_code(ret_refusal, result == 0 && type.length ? buf_view(&type) : error_type);
    if (result == 0)
        (void)text_printable(buf_view(message), ret_refusal->message, REFUSAL_MESSAGE_BYTES);
    return result;
}
