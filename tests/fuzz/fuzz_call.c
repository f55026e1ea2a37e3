/*
 * Any calls of the stand-in's API, one to a line: the operation, a blank, the body. Whatever they
 * ask for, each is answered by JSON or nothing, and all memory that was counted comes back.
 */
#include "base/json.h"
#include "cwlogs-local/operations.h"
#include "fuzz.h"

#define NOW_MS     ((int64_t)1800000000000)
#define ROOM_BYTES ((size_t)64 * 1024)

static int visit(void *context, const struct json_event *event, struct error *err)
{
    (void)context;
    (void)event;
    (void)err;
    return 0;
}

static void carry_out(struct store *store, const struct faults *faults, struct text line,
                      int64_t ms)
{
    const char *blank = line.length ? memchr(line.data, ' ', line.length) : NULL;
    size_t length = blank ? (size_t)(blank - line.data) : line.length;
    size_t used = blank ? length + 1 : length;
    struct text body = text_slice(line.data + used, line.length - used);
    enum operation operation = operation_find(text_slice(line.data, length));
    struct scene scene = {.store = store,
                          .faults = faults,
                          .region = text_from("r"),
                          .at = {.now_ms = ms, .stamp_ms = NOW_MS + ms, .lag_ms = ms % 7},
                          .wall_ms = NOW_MS + ms};
    CLEAN(answer) struct answer answer;
    struct call call;
    struct error err = {0};
    answer_init(&answer);
    call_init(&call);
    if (call_read(&call, body, &err) == 0) {
        (void)operations_group_name(&call);
        operations_execute(&scene, operation, &call, &answer);
        must(answer.status == outcome_status(answer.outcome));
        must(answer.body.length == 0 ||
             json_read(buf_view(&answer.body), answer.body.length, visit, NULL, &err) == 0);
    } else {
        must(err.kind != ERROR_NONE && err.text[0]);
    }
    call_free(&call);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct budget budget = {.limit_bytes = ROOM_BYTES};
    struct store store;
    struct faults faults;
    faults_init(&faults);
    faults.stored_bytes_lag_ms = 3;
    store_init(&store, &budget);
    struct text rest = text_slice((const char *)data, size);
    for (int64_t ms = 0; rest.length; ms++) {
        const char *newline = memchr(rest.data, '\n', rest.length);
        size_t length = newline ? (size_t)(newline - rest.data) : rest.length;
        carry_out(&store, &faults, text_slice(rest.data, length), ms);
        size_t used = newline ? length + 1 : length;
        rest = text_slice(rest.data + used, rest.length - used);
    }
    store_free(&store);
    must(budget.used_bytes == 0);
    return 0;
}
