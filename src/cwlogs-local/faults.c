#include "cwlogs-local/faults.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"

#define WAIT_MAX_MS          86400000  /* a day */
#define OFFSET_MAX_S         315360000 /* ten years */
#define RATE_LIMIT_MAX       1000000.0 /* calls a second */
#define RATE_BURST_MAX       1000000   /* calls */
#define NUMBER_BYTES         64        /* of a number as text */
#define AWS_RATE             10.0 /* calls a second: quotas of Create-, Delete-, DescribeLogGroup */
#define AWS_LOW_RATE         5.0  /* of the tag operations and PutRetentionPolicy */
#define AWS_STREAM_RATE      50.0 /* of CreateLogStream */
#define AWS_STREAM_LIST_RATE 25.0 /* of DescribeLogStreams */

enum kind {
    KIND_INTEGER,
    KIND_CHANCE,
    KIND_RATE_LIMIT,
    KIND_DENY,
    KIND_KEY,
    KIND_OUTAGE
};

struct setting {
    const char *name;
    enum kind kind;
    size_t offset; /* in struct faults */
    int64_t min, max;
    const char *help;
    const size_t *too; /* offsets of two more integers that it sets; NULL: none */
};

#define AT(member) offsetof(struct faults, member)

static const size_t both_greatest[2] = {AT(create_lag.greatest_ms), AT(delete_lag.greatest_ms)};
static const size_t both_least[2] = {AT(create_lag.least_ms), AT(delete_lag.least_ms)};

static const struct setting settings[] = {
    {"latency_ms", KIND_INTEGER, AT(latency_ms), 0, WAIT_MAX_MS,
     "every answer takes this long, half of it before the call is applied"},
    {"latency_jitter_ms", KIND_INTEGER, AT(latency_jitter_ms), 0, WAIT_MAX_MS,
     "and up to this much longer"},
    {"visibility_lag_ms", KIND_INTEGER, AT(visibility_lag.greatest_ms), 0, WAIT_MAX_MS,
     "creates and deletes reach listings after up to this, each by itself;\n"
     "sets create_lag_ms and delete_lag_ms",
     both_greatest},
    {"visibility_lag_min_ms", KIND_INTEGER, AT(visibility_lag.least_ms), 0, WAIT_MAX_MS,
     "and no sooner than after this; sets create_lag_min_ms, delete_lag_min_ms", both_least},
    {"create_lag_ms", KIND_INTEGER, AT(create_lag.greatest_ms), 0, WAIT_MAX_MS,
     "only creates reach listings after up to this"},
    {"create_lag_min_ms", KIND_INTEGER, AT(create_lag.least_ms), 0, WAIT_MAX_MS,
     "and no sooner than after this"},
    {"delete_lag_ms", KIND_INTEGER, AT(delete_lag.greatest_ms), 0, WAIT_MAX_MS,
     "only deletes reach listings after up to this"},
    {"delete_lag_min_ms", KIND_INTEGER, AT(delete_lag.least_ms), 0, WAIT_MAX_MS,
     "and no sooner than after this"},
    {"stored_bytes_lag_ms", KIND_INTEGER, AT(stored_bytes_lag_ms), 0, WAIT_MAX_MS,
     "events count as stored bytes only after this"},
    {"clock_skew_ms", KIND_INTEGER, AT(clock_skew_ms), 0, WAIT_MAX_MS,
     "creation times are off by up to this, either way, call by call"},
    {"date_offset_s", KIND_INTEGER, AT(date_offset_s), -OFFSET_MAX_S, OFFSET_MAX_S,
     "the clock: creation times, Date header, signature check"},
    {"rate_limit", KIND_RATE_LIMIT, AT(rate_limit), 0, 0,
     "calls a second of each operation before ThrottlingException: a number,\n"
     "OPERATION=NUMBER,..., or aws for the quotas of AWS; 0 is no limit"},
    {"rate_burst", KIND_INTEGER, AT(rate_burst), 0, RATE_BURST_MAX,
     "calls that may come at once under a rate limit; 0: those of a second"},
    {"error_rate", KIND_CHANCE, AT(error_rate), 0, 0,
     "chance (0 to 1) of a 500 or 503, nothing applied"},
    {"operation_aborted_rate", KIND_CHANCE, AT(operation_aborted_rate), 0, 0,
     "chance that a change is answered OperationAbortedException; half of\n"
     "these are applied all the same"},
    {"lost_response_rate", KIND_CHANCE, AT(lost_response_rate), 0, 0,
     "chance that a call is applied and the connection cut"},
    {"apply_delay_ms", KIND_INTEGER, AT(apply_delay_ms), 0, WAIT_MAX_MS,
     "those calls are applied up to this long after the cut"},
    {"drop_rate", KIND_CHANCE, AT(drop_rate), 0, 0,
     "chance that the connection is cut and nothing applied"},
    {"deny", KIND_DENY, AT(deny), 0, 0,
     "operations answered AccessDeniedException: OPERATION,... (empty: none)"},
    {"expired_key", KIND_KEY, AT(expired_key), 0, 0,
     "access key ID whose calls are answered ExpiredTokenException (empty: none)"},
    {"outage", KIND_OUTAGE, AT(outage), 0, 0,
     "none, refuse (connections are cut at once), hang (no answer, not applied)"},
    {"seed", KIND_INTEGER, AT(seed), 0, INT64_MAX, "what all chances are drawn from; default 1"},
};

#define SETTING_COUNT (sizeof(settings) / sizeof(settings[0]))

static const char *const outage_names[] = {
    [OUTAGE_NONE] = "none", [OUTAGE_REFUSE] = "refuse", [OUTAGE_HANG] = "hang"};

void faults_init(struct faults *faults)
{
    *faults = (struct faults){.seed = 1};
}

const char *faults_name(size_t index)
{
    return index < SETTING_COUNT ? settings[index].name : NULL;
}

const char *faults_help(size_t index)
{
    return index < SETTING_COUNT ? settings[index].help : NULL;
}

static const struct setting *find(struct text name)
{
    for (size_t i = 0; i < SETTING_COUNT; i++)
        if (text_equal(name, settings[i].name))
            return &settings[i];
    return NULL;
}

static void *member(struct faults *faults, const struct setting *setting)
{
    return (char *)faults + setting->offset;
}

/* The number that the whole text is; -1 if it is none. strtod alone would take " 1", "1x", "nan".
 */
static int parse_number(struct text text, double *ret_value)
{
    char copy[NUMBER_BYTES];
    if (text.length == 0 || text.length >= sizeof(copy))
        return -1;
    memcpy(copy, text.data, text.length);
    copy[text.length] = '\0';
    if (copy[strspn(copy, "0123456789+-.eE")] != '\0')
        return -1;
    char *end;
    double value = strtod(copy, &end);
    if (*end != '\0' || !isfinite(value))
        return -1;
    *ret_value = value;
    return 0;
}

static int bad_value(const struct setting *setting, struct text value, const char *wanted,
                     struct error *err)
{
    char shown[128];
    return error_set(err, ERROR_USAGE, "%s: '%s' is not %s", setting->name,
                     text_printable(value, shown, sizeof(shown)), wanted);
}

static int set_integer(struct faults *faults, const struct setting *setting, struct text value,
                       struct error *err)
{
    struct text digits = value;
    bool negative = digits.length && digits.data[0] == '-';
    if (negative)
        digits = text_behind(digits, 1);
    uint64_t size;
    bool good = text_parse_u64(digits, INT64_MAX, &size) == 0;
    int64_t number = good ? (negative ? -(int64_t)size : (int64_t)size) : 0;
    if (!good || number < setting->min || number > setting->max) {
        char wanted[96];
        (void)snprintf(wanted, sizeof(wanted), "a whole number from %lld to %lld",
                       (long long)setting->min, (long long)setting->max); /* fits */
        return bad_value(setting, value, wanted, err);
    }
    *(int64_t *)member(faults, setting) = number;
    for (size_t i = 0; setting->too && i < 2; i++)
        *(int64_t *)((char *)faults + setting->too[i]) = number;
    return 0;
}

static int set_chance(struct faults *faults, const struct setting *setting, struct text value,
                      struct error *err)
{
    double number;
    if (parse_number(value, &number) != 0 || number < 0 || number > 1)
        return bad_value(setting, value, "a number from 0 to 1", err);
    *(double *)member(faults, setting) = number;
    return 0;
}

static int set_outage(struct faults *faults, const struct setting *setting, struct text value,
                      struct error *err)
{
    for (size_t i = 0; i < sizeof(outage_names) / sizeof(outage_names[0]); i++) {
        if (text_equal(value, outage_names[i])) {
            faults->outage = (enum outage)i;
            return 0;
        }
    }
    return bad_value(setting, value, "none, refuse or hang", err);
}

static int set_key(struct faults *faults, const struct setting *setting, struct text value,
                   struct error *err)
{
    if (value.length >= sizeof(faults->expired_key))
        return bad_value(setting, value, "an access key ID", err);
    memset(faults->expired_key, 0, sizeof(faults->expired_key));
    memcpy(faults->expired_key, value.data, value.length);
    return 0;
}

static int find_operation(const struct setting *setting, struct text name,
                          enum operation *ret_operation, struct error *err)
{
    enum operation operation = operation_find(name);
    if (operation == OPERATION_UNKNOWN)
        return bad_value(setting, name, "an operation", err);
    *ret_operation = operation;
    return 0;
}

/* Takes the next item off a comma-separated list; false at its end. */
static bool next_item(struct text *list, struct text *ret_item)
{
    bool more = list->length && text_next(list, ',', ret_item);
    if (more)
        *ret_item = text_trim(*ret_item);
    return more;
}

static int deny_one(struct faults *faults, const struct setting *setting, struct text name,
                    struct error *err)
{
    enum operation operation = OPERATION_UNKNOWN;
    if (find_operation(setting, name, &operation, err) != 0)
        return -1;
    faults->deny[operation] = true;
    return 0;
}

static int set_deny(struct faults *faults, const struct setting *setting, struct text list,
                    struct error *err)
{
    struct text item;
    memset(faults->deny, 0, sizeof(faults->deny));
    while (next_item(&list, &item))
        if (deny_one(faults, setting, item, err) != 0)
            return -1;
    return 0;
}

static int limit_one(struct faults *faults, const struct setting *setting, struct text name,
                     struct text number, struct error *err)
{
    enum operation operation = OPERATION_UNKNOWN;
    double rate;
    if (find_operation(setting, name, &operation, err) != 0)
        return -1;
    if (parse_number(number, &rate) != 0 || rate < 0 || rate > RATE_LIMIT_MAX)
        return bad_value(setting, number, "a number from 0 to 1000000", err);
    faults->rate_limit[operation] = rate;
    return 0;
}

static double aws_rate(enum operation operation)
{
    switch (operation) {
    case OPERATION_CREATE_LOG_GROUP:
    case OPERATION_DELETE_LOG_GROUP:
    case OPERATION_DESCRIBE_LOG_GROUPS:
        return AWS_RATE;
    case OPERATION_LIST_TAGS_FOR_RESOURCE:
    case OPERATION_TAG_RESOURCE:
    case OPERATION_UNTAG_RESOURCE:
    case OPERATION_LIST_TAGS_LOG_GROUP:
    case OPERATION_TAG_LOG_GROUP:
    case OPERATION_UNTAG_LOG_GROUP:
    case OPERATION_PUT_RETENTION_POLICY:
    case OPERATION_DELETE_RETENTION_POLICY:
        return AWS_LOW_RATE;
    case OPERATION_CREATE_LOG_STREAM:
        return AWS_STREAM_RATE;
    case OPERATION_DESCRIBE_LOG_STREAMS:
        return AWS_STREAM_LIST_RATE;
    default:
        return 0;
    }
}

/* A number for all, "aws", or OPERATION=NUMBER,... */
static int set_rate_limit(struct faults *faults, const struct setting *setting, struct text value,
                          struct error *err)
{
    double rate;
    bool aws = text_equal(value, "aws");
    bool for_all = parse_number(value, &rate) == 0;
    if (for_all && (rate < 0 || rate > RATE_LIMIT_MAX))
        return bad_value(setting, value, "a number from 0 to 1000000", err);
    for (enum operation i = 0; i < OPERATION_UNKNOWN; i++)
        faults->rate_limit[i] = aws ? aws_rate(i) : for_all ? rate : 0;
    if (aws || for_all)
        return 0;
    struct text name, item, list = value;
    while (next_item(&list, &item)) {
        if (!text_next(&item, '=', &name) || !item.data)
            return bad_value(setting, value, "a number, aws, or OPERATION=NUMBER,...", err);
        if (limit_one(faults, setting, name, item, err) != 0)
            return -1;
    }
    return 0;
}

static int set(struct faults *faults, const struct setting *setting, struct text value,
               struct error *err)
{
    switch (setting->kind) {
    case KIND_INTEGER:
        return set_integer(faults, setting, value, err);
    case KIND_CHANCE:
        return set_chance(faults, setting, value, err);
    case KIND_RATE_LIMIT:
        return set_rate_limit(faults, setting, value, err);
    case KIND_DENY:
        return set_deny(faults, setting, value, err);
    case KIND_KEY:
        return set_key(faults, setting, value, err);
    case KIND_OUTAGE:
        break;
    }
    return set_outage(faults, setting, value, err);
}

int faults_set(struct faults *faults, const char *name, struct text value, struct error *err)
{
    const struct setting *setting = find(text_from(name));
    if (!setting)
        return error_set(err, ERROR_USAGE, "there is no fault '%s'", name);
    struct faults changed = *faults;
    if (set(&changed, setting, value, err) != 0)
        return -1;
    *faults = changed;
    return 0;
}

struct reading {
    struct faults *faults;
    const struct setting *setting; /* the member being read */
};

static bool is_number(const struct json_event *event)
{
    return event->type == JSON_INTEGER || event->type == JSON_NUMBER;
}

static int wrong_type(const struct setting *setting, struct error *err)
{
    return error_set(err, ERROR_USAGE, "%s: a value of this type is not allowed", setting->name);
}

/* The value of a member of the document itself. */
static int read_member(struct reading *reading, const struct json_event *event, struct error *err)
{
    const struct setting *setting = reading->setting;
    bool number_wanted = setting->kind == KIND_INTEGER || setting->kind == KIND_CHANCE;
    bool either = setting->kind == KIND_RATE_LIMIT;
    if (event->type == JSON_ARRAY && setting->kind == KIND_DENY) {
        memset(reading->faults->deny, 0, sizeof(reading->faults->deny));
        return 0;
    }
    if (event->type == JSON_OBJECT && setting->kind == KIND_RATE_LIMIT) {
        memset(reading->faults->rate_limit, 0, sizeof(reading->faults->rate_limit));
        return 0;
    }
    if ((is_number(event) && (number_wanted || either)) ||
        (event->type == JSON_STRING && !number_wanted))
        return set(reading->faults, setting, event->text, err);
    return wrong_type(setting, err);
}

/* An item of deny's array or a member of rate_limit's object. */
static int read_inner(struct reading *reading, const struct json_event *event, struct error *err)
{
    const struct setting *setting = reading->setting;
    if (json_at(event, "deny[]") && event->type == JSON_STRING)
        return deny_one(reading->faults, setting, event->text, err);
    if (setting->kind == KIND_RATE_LIMIT && is_number(event))
        return limit_one(reading->faults, setting, event->key, event->text, err);
    return wrong_type(setting, err);
}

static int visit(void *context, const struct json_event *event, struct error *err)
{
    struct reading *reading = context;
    if (event->depth == 0) {
        bool object = event->type == JSON_OBJECT || event->type == JSON_OBJECT_END;
        return object ? 0 : error_set(err, ERROR_USAGE, "faults are given as a JSON object");
    }
    if (event->type == JSON_OBJECT_END || event->type == JSON_ARRAY_END)
        return 0;
    if (event->depth > 1)
        return read_inner(reading, event, err);
    reading->setting = find(event->key);
    if (!reading->setting) {
        char shown[128];
        return error_set(err, ERROR_USAGE, "there is no fault '%s'",
                         text_printable(event->key, shown, sizeof(shown)));
    }
    return read_member(reading, event, err);
}

int faults_set_json(struct faults *faults, struct text document, struct error *err)
{
    struct faults changed = *faults;
    struct reading reading = {.faults = &changed};
    if (json_read(document, FAULTS_JSON_BYTES, visit, &reading, err) != 0)
        return -1;
    *faults = changed;
    return 0;
}

static void write_number(struct buf *out, const char *key, double value)
{
    char number[NUMBER_BYTES];
    int length = snprintf(number, sizeof(number), "%.12g", value);
    json_raw(out, key, text_slice(number, (size_t)length));
}

static void write_rate_limit(const struct faults *faults, const char *name, struct buf *out)
{
    bool same = true;
    for (enum operation i = 1; i < OPERATION_UNKNOWN; i++)
        same = same && faults->rate_limit[i] == faults->rate_limit[0];
    if (same) {
        write_number(out, name, faults->rate_limit[0]);
        return;
    }
    json_object(out, name);
    for (enum operation i = 0; i < OPERATION_UNKNOWN; i++)
        if (faults->rate_limit[i] > 0)
            write_number(out, operation_name(i), faults->rate_limit[i]);
    json_object_end(out);
}

static void write_deny(const struct faults *faults, const char *name, struct buf *out)
{
    json_array(out, name);
    for (enum operation i = 0; i < OPERATION_UNKNOWN; i++)
        if (faults->deny[i])
            json_string(out, NULL, operation_name(i));
    json_array_end(out);
}

void faults_write(const struct faults *faults, struct buf *out)
{
    json_object(out, NULL);
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        const struct setting *setting = &settings[i];
        const void *value = (const char *)faults + setting->offset;
        switch (setting->kind) {
        case KIND_INTEGER:
            json_integer(out, setting->name, *(const int64_t *)value);
            break;
        case KIND_CHANCE:
            write_number(out, setting->name, *(const double *)value);
            break;
        case KIND_RATE_LIMIT:
            write_rate_limit(faults, setting->name, out);
            break;
        case KIND_DENY:
            write_deny(faults, setting->name, out);
            break;
        case KIND_KEY:
            json_string(out, setting->name, faults->expired_key);
            break;
        case KIND_OUTAGE:
            json_string(out, setting->name, outage_names[faults->outage]);
            break;
        }
    }
    json_object_end(out);
}
