/* options - the command line of cwlogs-local, and its help. */
#ifndef CWLOGS_LOCAL_OPTIONS_H
#define CWLOGS_LOCAL_OPTIONS_H

#include "base/buf.h"
#include "base/error.h"
#include "cwlogs-local/auth.h"
#include "cwlogs-local/faults.h"

enum options_wish {
    OPTIONS_SERVE,
    OPTIONS_HELP,
    OPTIONS_VERSION,
};

struct options {
    enum options_wish wish;
    const char *listen;
    const char *tls_certificate_path; /* NULL: no TLS; both or none */
    const char *tls_key_path;
    size_t memory_bytes; /* that log groups and answers may take */
    struct auth auth;
    struct faults faults;
};

/* Free with options_free, whatever it returned. ERROR_USAGE says what is wrong, on one line. */
int options_read(struct options *options, int argc, char **argv, struct error *err) MUST_USE;
void options_free(struct options *options);

/* Adds the text of --help. */
void options_write_help(struct buf *out);

#endif
