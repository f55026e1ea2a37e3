#include "cwlogs-local/options.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#define FAULTS_MAX      32 /* rows of the table in faults.c, at most */
#define NAME_BYTES      48
#define LINE_CHARACTERS 86
#define MIB             ((size_t)1024 * 1024)
#define MEMORY_MIB      1024    /* without --memory-mib */
#define MEMORY_MAX_MIB  1048576 /* a TiB */

enum {
    FLAG_FAULT = 1000,
    FLAG_LISTEN,
    FLAG_CERTIFICATE,
    FLAG_KEY,
    FLAG_CREDENTIALS,
    FLAG_REGION,
    FLAG_MEMORY
};

static const struct option plain_options[] = {
    {"listen", required_argument, NULL, FLAG_LISTEN},
    {"tls-cert", required_argument, NULL, FLAG_CERTIFICATE},
    {"tls-key", required_argument, NULL, FLAG_KEY},
    {"credentials", required_argument, NULL, FLAG_CREDENTIALS},
    {"region", required_argument, NULL, FLAG_REGION},
    {"memory-mib", required_argument, NULL, FLAG_MEMORY},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
};

#define PLAIN_COUNT (sizeof(plain_options) / sizeof(plain_options[0]))

/* getopt's table: the plain options and one for each fault, '-' where its name has '_'. */
struct table {
    struct option options[PLAIN_COUNT + FAULTS_MAX + 1];
    char names[FAULTS_MAX][NAME_BYTES];
};

static void dash_name(const char *name, char out[NAME_BYTES])
{
    (void)snprintf(out, NAME_BYTES, "%s", name); /* the names in faults.c fit */
    for (char *at = out; *at; at++)
        if (*at == '_')
            *at = '-';
}

static void fill_table(struct table *table)
{
    *table = (struct table){0};
    memcpy(table->options, plain_options, sizeof(plain_options));
    for (size_t i = 0; faults_name(i) && i < FAULTS_MAX; i++) {
        dash_name(faults_name(i), table->names[i]);
        table->options[PLAIN_COUNT + i] =
            (struct option){table->names[i], required_argument, NULL, FLAG_FAULT};
    }
}

static int set_memory(struct options *options, struct text value, struct error *err)
{
    uint64_t mebibytes;
    if (text_parse_u64(value, MEMORY_MAX_MIB, &mebibytes) != 0 || mebibytes == 0)
        return error_set(err, ERROR_USAGE,
                         "--memory-mib: '%.*s' is not a whole number from 1 to %d",
                         TEXT_ARGS(value), MEMORY_MAX_MIB);
    options->memory_bytes = (size_t)mebibytes * MIB;
    return 0;
}

static int apply(struct options *options, int flag, int index, struct error *err)
{
    struct text value = text_from(optarg);
    switch (flag) {
    case 'h':
        options->wish = OPTIONS_HELP;
        return 0;
    case 'V':
        options->wish = OPTIONS_VERSION;
        return 0;
    case FLAG_LISTEN:
        options->listen = optarg;
        return 0;
    case FLAG_CERTIFICATE:
        options->tls_certificate_path = optarg;
        return 0;
    case FLAG_KEY:
        options->tls_key_path = optarg;
        return 0;
    case FLAG_CREDENTIALS:
        return auth_add(&options->auth, value, err);
    case FLAG_REGION:
        options->auth.region = value;
        return 0;
    case FLAG_MEMORY:
        return set_memory(options, value, err);
    case FLAG_FAULT:
        return faults_set(&options->faults, faults_name((size_t)index - PLAIN_COUNT), value, err);
    default:
        break;
    }
    return error_set(err, ERROR_USAGE, "bad option");
}

int options_read(struct options *options, int argc, char **argv, struct error *err)
{
    struct table table;
    int flag, index = 0;
    *options =
        (struct options){.listen = "127.0.0.1:4586", .memory_bytes = (size_t)MEMORY_MIB * MIB};
    options->auth.region = text_from("");
    faults_init(&options->faults);
    fill_table(&table);
    opterr = 0;
    while ((flag = getopt_long(argc, argv, ":hV", table.options, &index)) != -1) {
        if (flag == '?' || flag == ':')
            return error_set(err, ERROR_USAGE,
                             flag == ':' ? "option '%s' needs a value" : "there is no option '%s'",
                             argv[optind - 1]);
        if (apply(options, flag, index, err) != 0)
            return -1;
        if (options->wish != OPTIONS_SERVE)
            return 0;
    }
    if (optind < argc)
        return error_set(err, ERROR_USAGE, "unexpected argument '%s'", argv[optind]);
    if (!options->tls_certificate_path != !options->tls_key_path)
        return error_set(err, ERROR_USAGE, "--tls-cert and --tls-key go together");
    return 0;
}

void options_free(struct options *options)
{
    auth_free(&options->auth);
}

/* Names of operations, as many to a line as fit. */
static void write_operations(struct buf *out)
{
    size_t column = 0;
    for (enum operation i = 0; i < OPERATION_UNKNOWN; i++) {
        size_t length = strlen(operation_name(i)) + 1;
        bool fits = column > 0 && column + length < LINE_CHARACTERS;
        buf_addf(out, "%s%s", fits ? " " : i ? "\n  " : "  ", operation_name(i));
        column = fits ? column + length : length;
    }
    buf_add_char(out, '\n');
}

static void write_faults(struct buf *out)
{
    for (size_t i = 0; faults_name(i); i++) {
        char name[NAME_BYTES];
        const char *line = faults_help(i);
        dash_name(faults_name(i), name);
        buf_addf(out, "  --%-24s %.*s\n", name, (int)strcspn(line, "\n"), line);
        while ((line = strchr(line, '\n'))) {
            line++;
            buf_addf(out, "  %-26s %.*s\n", "", (int)strcspn(line, "\n"), line);
        }
    }
}

void options_write_help(struct buf *out)
{
    buf_add_text(
        out, /* a failure sticks, the caller asks */
        "Usage: cwlogs-local [OPTIONS]\n"
        "A local stand-in for the CloudWatch Logs control plane, in memory: log groups, tags,\n"
        "streams. AWS CLI and SDKs work against it with --endpoint-url. It misbehaves on demand.\n"
        "\n"
        "  --listen HOST:PORT         where to listen (127.0.0.1:4586); port 0 picks a free one\n"
        "  --tls-cert F, --tls-key F  serve TLS with this certificate (chain) and key, PEM\n"
        "  --credentials KEYID:SECRET[:TOKEN]\n"
        "                             verify signatures; may be given up to 128 times. Without it\n"
        "                             any signature, and none, is accepted\n"
        "  --region REGION            with credentials: signatures for this Region only (any)\n"
        "  --memory-mib N             what log groups and answers may take of memory (1024 MiB)\n"
        "  -h, --help, -V, --version\n"
        "\n"
        "Operations:\n");
    write_operations(out);
    buf_add_text(
        out, /* as above */
        "\n"
        "Faults; each can be changed while it runs, by POST /_faults with the names in JSON\n"
        "({\"visibility_lag_ms\": 300, \"deny\": [\"TagResource\"]}):\n");
    write_faults(out);
    buf_add_text(
        out, /* as above */
        "\n"
        "For tests, without signature, also during an outage, but not for web pages (no Origin, "
        "and\n"
        "Host a loopback address or that of --listen):\n"
        "  GET, POST /_faults   the faults in force; change those named (all or nothing)\n"
        "  GET /_stats          counts by operation and outcome\n"
        "  GET /_log            the last 100000 requests in order: mono_ms (CLOCK_BOOTTIME) and\n"
        "                       wall_ms, operation, outcome, whether applied, logGroupName,\n"
        "                       lag_ms and skew_ms of what it created or deleted, if any;\n"
        "                       ?after=SEQUENCE for those that are new\n"
        "  GET /_waiting        counts by operation of requests that have no answer yet\n"
        "  GET /_groups         the log groups that exist, whatever listings show\n"
        "  POST /_groups        plant one: logGroupName, age_ms, storedBytes, streams (a number),\n"
        "                       metricFilterCount, deletionProtectionEnabled, tags\n"
        "  POST /_reset         forget groups, log and counts, draw from the seed anew\n"
        "\n"
        "It prints 'listening on URL' when ready, and ends on INT and TERM. Idle connections are\n"
        "closed after 6 s. One account (123456789012); every Region is the same.\n"
        "\n"
        "Exit status: 0 ended by a signal, 64 wrong usage, 71 cannot listen, 78 bad "
        "certificate.\n");
}
