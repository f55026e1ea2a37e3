#include "cwlogs-local/server.h"

#include <gnutls/gnutls.h>
#include <inttypes.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/date.h"
#include "base/random.h"
#include "cwlogs-local/call.h"
#include "cwlogs-local/control.h"
#include "cwlogs-local/listener.h"
#include "cwlogs-local/target.h"

#define CONNECTIONS_MAX  4000
#define DESCRIPTORS      (CONNECTIONS_MAX + 64)
#define CONNECTION_BYTES (128 * 1024) /* for the headers of a request: session tokens are long */
#define IDLE_S           6            /* after which the real service closes a connection, too */
#define RECEIVING_BYTES  ((size_t)64 * 1024 * 1024) /* of all larger bodies not answered yet */
#define SMALL_BYTES      ((size_t)16 * 1024) /* up to which a body is not counted among them */
#define ID_BYTES         37                  /* of a UUID, with the NUL */

/* A request from its line to the end of its answer. */
struct exchange {
    char *target; /* as in the request line */
    bool begun;
    struct buf body;
    enum body_state state;
    size_t answer_bytes; /* taken of the service's memory */
};

struct header_list {
    struct sigv4_header headers[SIGV4_HEADERS_MAX];
    size_t count;
};

/* Called with the raw target, before everything else: here the exchange is born. */
static void *begin(void *context, const char *target, struct MHD_Connection *connection)
{
    (void)context;
    (void)connection;
    struct exchange *exchange = calloc(1, sizeof(*exchange));
    if (!exchange)
        return NULL;
    exchange->body = (struct buf)BUF(CALL_BODY_BYTES);
    exchange->target = strdup(target);
    if (exchange->target)
        return exchange;
    free(exchange);
    return NULL;
}

/* Small bodies there are no more of than connections: so they get through whatever others send. */
static size_t counted(const struct buf *body)
{
    return body->capacity > SMALL_BYTES ? body->capacity : 0;
}

static void drop_body(struct server *server, struct exchange *exchange)
{
    budget_give(&server->receiving, counted(&exchange->body));
    buf_free(&exchange->body);
}

static void end(void *context, struct MHD_Connection *connection, void **exchange_place,
                enum MHD_RequestTerminationCode code)
{
    struct server *server = context;
    (void)connection;
    (void)code;
    struct exchange *exchange = *exchange_place;
    if (!exchange)
        return;
    drop_body(server, exchange);
    budget_give(&server->service->memory, exchange->answer_bytes);
    free(exchange->target);
    free(exchange);
    *exchange_place = NULL;
}

static enum MHD_Result add_header(void *context, enum MHD_ValueKind kind, const char *name,
                                  const char *value)
{
    struct header_list *list = context;
    (void)kind;
    if (list->count == SIGV4_HEADERS_MAX)
        return MHD_NO;
    list->headers[list->count++] = (struct sigv4_header){
        text_from(name), text_trim(text_from(value))}; /* blanks behind a value are not of it */
    return MHD_YES;
}

static void write_id(char out[ID_BYTES])
{
    uint64_t bits[2];
    if (random_bytes(bits, sizeof(bits), NULL) != 0)
        bits[0] = bits[1] = random_u32(); /* of use to nobody but the reader of a log */
    (void)snprintf(out, ID_BYTES, "%08x-%04x-4%03x-a%03x-%012" PRIx64, (unsigned)(bits[0] >> 32),
                   (unsigned)(bits[0] >> 16) & 0xffff, (unsigned)bits[0] & 0xfff,
                   (unsigned)(bits[1] >> 48) & 0xfff, bits[1] & 0xffffffffffffU); /* fits */
}

/* What is sent, a copy, counts until it has gone. */
static void claim_answer(struct service *service, struct exchange *exchange, struct answer *answer)
{
    struct error err;
    if (buf_check(&answer->body, "the answer", &err) != 0)
        answer_line(answer, 500, err.text);
    if (!budget_take(&service->memory, answer->body.length))
        answer_line(answer, 503, "no memory is left for the answer; see --memory-mib");
    else
        exchange->answer_bytes = answer->body.length;
}

static enum MHD_Result respond(struct MHD_Connection *connection, struct service *service,
                               struct answer *answer)
{
    char id[ID_BYTES], date[DATE_HTTP_BYTES];
    struct MHD_Response *response = MHD_create_response_from_buffer(
        answer->body.length, (void *)buf_text(&answer->body), MHD_RESPMEM_MUST_COPY);
    if (!response)
        return MHD_NO;
    write_id(id);
    date_write_http(service_wall(service), date);
    enum MHD_Result result = MHD_NO;
    if (MHD_add_response_header(response, "x-amzn-RequestId", id) == MHD_YES &&
        MHD_add_response_header(response, "Content-Type", answer->content_type) == MHD_YES &&
        MHD_add_response_header(response, "Date", date) == MHD_YES)
        result = MHD_queue_response(connection, (unsigned)answer->status, response);
    MHD_destroy_response(response);
    return result;
}

static gnutls_session_t tls_session(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
    return info ? info->tls_session : NULL;
}

/* The host of a target that is a URL counts instead of the header's. */
static void take_authority(struct header_list *list, struct text authority)
{
    for (size_t i = 0; authority.length && i < list->count; i++)
        if (strncasecmp(list->headers[i].name.data, "host", sizeof("host")) == 0)
            list->headers[i].value = authority;
}

static struct service_request take_request(struct MHD_Connection *connection, const char *method,
                                           const struct exchange *exchange,
                                           struct header_list *list)
{
    struct target target = target_read(text_from(exchange->target));
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    (void)MHD_get_connection_values(connection, MHD_HEADER_KIND, add_header, list); /* a count */
    take_authority(list, target.authority);
    struct sigv4_received received = {
        .method = text_from(method),
        .path = target.path,
        .query = target.query,
        .headers = list->headers,
        .header_count = list->count,
        .body = buf_view(&exchange->body),
    };
    gnutls_session_t session = tls_session(connection);
    return (struct service_request){.received = received,
                                    .body = exchange->state,
                                    .socket = info ? info->connect_fd : -1,
                                    .resumed = session && gnutls_session_is_resumed(session) != 0};
}

static enum MHD_Result on_complete_request(struct service *service,
                                           struct MHD_Connection *connection, const char *method,
                                           struct exchange *exchange)
{
    struct header_list list = {.count = 0};
    struct service_request request = take_request(connection, method, exchange, &list);
    CLEAN(answer) struct answer answer;
    answer_init(&answer);
    if (control_owns(request.received.path))
        control_answer(service, &request, &answer);
    else if (service_answer(service, &request, &answer) == SERVICE_CUT)
        return MHD_NO; /* closes the connection */
    claim_answer(service, exchange, &answer);
    return respond(connection, service, &answer);
}

/* What is too much is read all the same, so that the client hears why it is refused. */
static void take_body(struct server *server, struct exchange *exchange, const char *data,
                      size_t size)
{
    if (exchange->state != BODY_WHOLE)
        return;
    size_t before = counted(&exchange->body);
    if (size > CALL_BODY_BYTES - exchange->body.length)
        exchange->state = BODY_TOO_LARGE;
    else if (buf_add(&exchange->body, data, size) != 0 ||
             !budget_take(&server->receiving, counted(&exchange->body) - before))
        exchange->state = BODY_NO_ROOM;
    if (exchange->state == BODY_WHOLE)
        return;
    budget_give(&server->receiving, before);
    buf_free(&exchange->body); /* what it had grown by was not taken */
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *data,
                                  size_t *size, void **exchange_place)
{
    struct server *server = context;
    struct exchange *exchange = *exchange_place;
    (void)url; /* decoded; the signature is over what was sent */
    (void)version;
    if (!exchange)
        return MHD_NO;
    if (!exchange->begun) {
        exchange->begun = true; /* the headers only; the body comes next */
        return MHD_YES;
    }
    if (*size > 0) {
        take_body(server, exchange, data, *size);
        *size = 0;
        return MHD_YES;
    }
    return on_complete_request(server->service, connection, method, exchange);
}

/*
 * Any thread may call it. The first complaint is kept, which says why it does not start if it does
 * not; later ones would only tell of clients that have gone.
 */
__attribute__((format(printf, 2, 0))) static void listen_to_complaints(void *context,
                                                                       const char *format,
                                                                       va_list args)
{
    struct server *server = context;
    if (atomic_flag_test_and_set(&server->complained))
        return;
    (void)vsnprintf(server->complaint, sizeof(server->complaint), format, args); /* may be cut */
    server->complaint[strcspn(server->complaint, "\n")] = '\0';
}

/* A thread and a descriptor for each connection: more of them than the usual limit allows. */
static void raise_descriptor_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= DESCRIPTORS)
        return;
    limit.rlim_cur = limit.rlim_max < DESCRIPTORS ? limit.rlim_max : DESCRIPTORS;
    (void)setrlimit(RLIMIT_NOFILE, &limit); /* else there are fewer connections */
}

/*
 * Lets a client resume a TLS session instead of shaking hands anew (RFC 8446, 2.2): libmicrohttpd
 * leaves that to whoever wants it. A client that comes once a minute to a service that closes what
 * is idle for 6 s would pay for the certificate at each of its calls.
 */
static void offer_tickets(void *context, struct MHD_Connection *connection, void **unused,
                          enum MHD_ConnectionNotificationCode what)
{
    const struct server *server = context;
    (void)unused;
    gnutls_session_t session =
        what == MHD_CONNECTION_NOTIFY_STARTED ? tls_session(connection) : NULL;
    if (session && server->ticket_key.data)
        (void)gnutls_session_ticket_enable_server(session, &server->ticket_key);
}

static void drop_ticket_key(struct server *server)
{
    gnutls_free(server->ticket_key.data);
    server->ticket_key.data = NULL;
}

static int start_daemon(struct server *server, const struct server_options *options, int listener,
                        struct error *err)
{
    bool tls = options->tls_certificate != NULL;
    struct MHD_OptionItem tls_options[] = {
        {MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)options->tls_certificate},
        {MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)options->tls_key},
        {MHD_OPTION_NOTIFY_CONNECTION, (intptr_t)offer_tickets, server},
        {MHD_OPTION_END, 0, NULL},
    };
    struct MHD_OptionItem none[] = {{MHD_OPTION_END, 0, NULL}};
    if (tls && gnutls_session_ticket_key_generate(&server->ticket_key) != GNUTLS_E_SUCCESS)
        server->ticket_key.data = NULL; /* then every connection shakes hands */
    unsigned flags = MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD |
                     MHD_USE_POLL | MHD_USE_SUPPRESS_DATE_NO_CLOCK | MHD_USE_ERROR_LOG;
    server->daemon = MHD_start_daemon(
        flags | (tls ? MHD_USE_TLS : 0), 0, NULL, NULL, on_request, server,
        MHD_OPTION_EXTERNAL_LOGGER, listen_to_complaints, server, /* first, to hear the rest */
        MHD_OPTION_LISTEN_SOCKET, listener, MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS_MAX,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_BYTES, MHD_OPTION_CONNECTION_TIMEOUT,
        IDLE_S, MHD_OPTION_URI_LOG_CALLBACK, begin, NULL, MHD_OPTION_NOTIFY_COMPLETED, end, server,
        MHD_OPTION_ARRAY, tls ? tls_options : none, MHD_OPTION_END);
    if (server->daemon)
        return 0;
    drop_ticket_key(server);
    const char *reason = server->complaint[0] ? server->complaint : "libmicrohttpd refused";
    return error_set(err, tls ? ERROR_CONFIG : ERROR_SYSTEM, "cannot start the server: %s", reason);
}

int server_start(struct server *server, const struct server_options *options,
                 struct service *service, struct error *err)
{
    char address[SERVER_URL_BYTES - sizeof("https://")];
    int listener;
    *server = (struct server){.service = service,
                              .receiving = {.limit_bytes = RECEIVING_BYTES},
                              .complained = ATOMIC_FLAG_INIT};
    raise_descriptor_limit();
    if (listener_open(options->listen, &listener, address, sizeof(address), err) != 0)
        return -1;
    if (start_daemon(server, options, listener, err) != 0) {
        (void)close(listener); /* nothing was sent */
        return -1;
    }
    (void)snprintf(server->url, sizeof(server->url), "%s://%s",
                   options->tls_certificate ? "https" : "http", address); /* fits */
    return 0;
}

void server_stop(struct server *server)
{
    MHD_stop_daemon(server->daemon); /* closes the listening socket, too */
    server->daemon = NULL;
    drop_ticket_key(server);
}
