#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "cwlogs-local/options.h"
#include "cwlogs-local/server.h"

#define HELP_BYTES 16384
#define PEM_BYTES  (256 * 1024)

static int print(const char *text, struct error *err)
{
    if (fputs(text, stdout) < 0 || fflush(stdout) != 0)
        return error_system(err, errno, "writing to standard output");
    return 0;
}

static int print_help(struct error *err)
{
    CLEAN(buf) struct buf help = BUF(HELP_BYTES);
    options_write_help(&help);
    return buf_check(&help, "the help", err) == 0 ? print(buf_text(&help), err) : -1;
}

/* NULL path: nothing. */
static int read_pem(const char *path, struct buf *out, const char **ret_text, struct error *err)
{
    if (!path)
        return 0;
    enum file_result result = file_read(path, out, err);
    if (result == FILE_MISSING)
        return error_set(err, ERROR_CONFIG, "there is no file '%s'", path);
    *ret_text = buf_text(out);
    return result == FILE_READ ? 0 : -1;
}

/* The signals must be blocked already, so that no thread of the server takes them. */
static int serve_until_signal(const struct options *options, const struct server_options *where,
                              const sigset_t *signals, struct error *err)
{
    struct service service;
    struct server server;
    struct service_options begin = {.faults = &options->faults,
                                    .auth = &options->auth,
                                    .listen = where->listen,
                                    .memory_bytes = options->memory_bytes};
    if (service_init(&service, &begin, err) != 0)
        return -1;
    int result = server_start(&server, where, &service, err);
    if (result == 0) {
        char line[SERVER_URL_BYTES + 32];
        (void)snprintf(line, sizeof(line), "listening on %s\n", server.url); /* fits */
        result = print(line, err);
        if (result == 0)
            while (sigwaitinfo(signals, NULL) < 0 && errno == EINTR)
                continue;
        service_stop(&service);
        server_stop(&server);
    }
    service_free(&service);
    return result;
}

static int serve(const struct options *options, struct error *err)
{
    CLEAN(buf) struct buf certificate = BUF(PEM_BYTES);
    CLEAN(buf) struct buf key = BUF_SECRET(PEM_BYTES);
    struct server_options where = {.listen = text_from(options->listen)};
    sigset_t signals;
    if (read_pem(options->tls_certificate_path, &certificate, &where.tls_certificate, err) != 0 ||
        read_pem(options->tls_key_path, &key, &where.tls_key, err) != 0)
        return -1;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    (void)pthread_sigmask(SIG_BLOCK, &signals, NULL); /* fails on a bad argument only */
    (void)signal(SIGPIPE, SIG_IGN);                   /* ditto */
    return serve_until_signal(options, &where, &signals, err);
}

static int run(const struct options *options, struct error *err)
{
    switch (options->wish) {
    case OPTIONS_HELP:
        return print_help(err);
    case OPTIONS_VERSION:
        return print("cwlogs-local (withlock) " WITHLOCK_VERSION "\n", err);
    case OPTIONS_SERVE:
        break;
    }
    return serve(options, err);
}

int main(int argc, char **argv)
{
    struct options options;
    struct error err = {0};
    int result = options_read(&options, argc, argv, &err);
    if (result == 0)
        result = run(&options, &err);
    options_free(&options);
    if (result == 0)
        return 0;
    (void)fprintf(stderr, "cwlogs-local: %s\n", err.text); /* nowhere else to tell */
    return error_exit_status(err.kind);
}
