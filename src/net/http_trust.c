#include "http_trust.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "http_private.h"

#define BUNDLE_BYTES    (4 * 1024 * 1024) /* ten times the largest of a distribution */
#define ANCHORS_MAX     4096
#define CERTIFICATE_MAX (64 * 1024) /* bytes of one, in PEM */
#define BEGIN_ANY       "-----BEGIN "
#define BEGIN           "-----BEGIN CERTIFICATE-----"
#define END             "-----END CERTIFICATE-----"

/* A certificate of the bundle. It is decoded only if OpenSSL asks for its subject. */
struct anchor {
    X509_NAME *subject;
    struct text pem; /* borrowed from trust.text */
};

struct trust {
    const char *bundle, *folder; /* paths; NULL: none */
    X509_LOOKUP_METHOD *method;  /* find_by_subject() as OpenSSL takes it; NULL before its use */
    struct buf text;             /* of the bundle, once it was read */
    bool can_install;
    bool read;  /* the bundle was read */
    bool plain; /* it holds nothing but the anchors below; else OpenSSL reads the file itself */
    struct anchor *anchors;
    size_t count;
};

/* --- the places --- */

/* As distributions have configured their curl. The first whose mark (a path) exists is used. */
static const struct {
    const char *mark, *bundle, *folder;
} known[] = {
    {"/etc/debian_version", "/etc/ssl/certs/ca-certificates.crt", "/etc/ssl/certs"},
    {"/etc/ssl/certs/ca-certificates.crt", "/etc/ssl/certs/ca-certificates.crt",
     NULL}, /* Alpine, Arch */
    {"/etc/pki/tls/certs/ca-bundle.crt", "/etc/pki/tls/certs/ca-bundle.crt",
     NULL}, /* Fedora, Amazon */
    {"/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
     "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", NULL},
    {"/etc/ssl/ca-bundle.pem", "/etc/ssl/ca-bundle.pem", NULL}, /* SUSE */
    {"/etc/ssl/cert.pem", "/etc/ssl/cert.pem", NULL},           /* OpenBSD's way */
    {"/usr/local/share/certs/ca-root-nss.crt", "/usr/local/share/certs/ca-root-nss.crt", NULL},
    {"/etc/ssl/certs", NULL, "/etc/ssl/certs"},
};

static void choose_places(struct trust *trust, CURL *easy)
{
    (void)curl_easy_getinfo(easy, CURLINFO_CAINFO, &trust->bundle); /* NULL if it has none */
    (void)curl_easy_getinfo(easy, CURLINFO_CAPATH, &trust->folder);
    for (size_t i = 0; !trust->bundle && !trust->folder && i < sizeof(known) / sizeof(known[0]);
         i++) {
        if (access(known[i].mark, R_OK) == 0) {
            trust->bundle = known[i].bundle;
            trust->folder = known[i].folder;
        }
    }
}

/*
 * If libcurl's OpenSSL has our version it is the same library, since the linker loads each one
 * once. Otherwise we must not touch its objects.
 */
static bool uses_our_openssl(void)
{
    static const char ours[] = "OpenSSL/";
    const char *theirs = curl_version_info(CURLVERSION_NOW)->ssl_version;
    return theirs && strncmp(theirs, ours, strlen(ours)) == 0 &&
           strcmp(theirs + strlen(ours), OpenSSL_version(OPENSSL_VERSION_STRING)) == 0;
}

struct trust *trust_new(const struct http_config *config, void *easy)
{
    struct trust *trust = calloc(1, sizeof(*trust));
    if (!trust)
        return NULL;
    trust->text = (struct buf)BUF(BUNDLE_BYTES);
    trust->can_install = uses_our_openssl();
    if (!config->ca_file)
        choose_places(trust, easy);
    if (config->ca_file || config->system_ca_file)
        trust->bundle = config->ca_file ? config->ca_file : config->system_ca_file;
    if (!config->ca_file && config->system_ca_folder)
        trust->folder = config->system_ca_folder;
    return trust;
}

static void forget_anchors(struct trust *trust)
{
    for (size_t i = 0; i < trust->count; i++)
        X509_NAME_free(trust->anchors[i].subject);
    free(trust->anchors);
    trust->anchors = NULL;
    trust->count = 0;
}

void trust_free(struct trust *trust)
{
    if (!trust)
        return;
    forget_anchors(trust);
    buf_free(&trust->text);
    X509_LOOKUP_meth_free(trust->method);
    free(trust);
}

bool trust_can_install(const struct trust *trust)
{
    return trust->can_install;
}

const char *trust_bundle(const struct trust *trust)
{
    return trust->bundle;
}

const char *trust_folder(const struct trust *trust)
{
    return trust->folder;
}

/* --- whose certificates the bundle holds --- */

/*
 * Splits off the first value of *der: its tag and content are returned, and *der is what follows
 * it. False if it is no DER.
 */
static bool split(struct text *der, int *ret_tag, struct text *ret_inside)
{
    const unsigned char *at = (const unsigned char *)der->data;
    long length;
    int class, result = ASN1_get_object(&at, &length, ret_tag, &class, (long)der->length);
    if (result & (0x80 | 1)) /* an error, or an indefinite length, which DER does not have */
        return false;
    *ret_inside = text_slice((const char *)at, (size_t)length);
    size_t taken = (size_t)(ret_inside->data - der->data) + ret_inside->length;
    *der = text_slice(der->data + taken, der->length - taken);
    return true;
}

/*
 * RFC 5280, 4.1: Certificate holds tbsCertificate, which holds version (tag 0, may be missing),
 * serialNumber, signature, issuer, validity, subject. NULL if it does not look like that.
 */
static X509_NAME *read_subject(struct text der)
{
    enum {
        BEFORE = 4
    };
    struct text certificate, body, skipped;
    int tag;
    if (!split(&der, &tag, &certificate) || !split(&certificate, &tag, &body) ||
        !split(&body, &tag, &skipped))
        return NULL;
    if (tag == 0 && !split(&body, &tag, &skipped))
        return NULL;
    for (int i = 1; i < BEFORE; i++) {
        if (!split(&body, &tag, &skipped))
            return NULL;
    }
    const unsigned char *at = (const unsigned char *)body.data;
    return d2i_X509_NAME(NULL, &at, (long)body.length);
}

/* Decodes base64 with line ends into out, which has room for its length. False if it is none. */
static bool decode(struct text base64, unsigned char *out, struct text *ret_der)
{
    int length = 0, rest = 0;
    EVP_ENCODE_CTX *context = EVP_ENCODE_CTX_new();
    if (!context)
        return false;
    EVP_DecodeInit(context);
    bool good = EVP_DecodeUpdate(context, out, &length, (const unsigned char *)base64.data,
                                 (int)base64.length) >= 0 &&
                EVP_DecodeFinal(context, out + length, &rest) == 1;
    EVP_ENCODE_CTX_free(context);
    *ret_der = text_slice((const char *)out, (size_t)length + (size_t)rest);
    return good;
}

static bool add_anchor(struct trust *trust, struct text pem, struct text base64)
{
    struct text der;
    void *anchors = trust->count < ANCHORS_MAX
                        ? array_grow(trust->anchors, trust->count, sizeof(*trust->anchors))
                        : NULL;
    if (!anchors)
        return false;
    trust->anchors = anchors;
    unsigned char *bytes = base64.length <= CERTIFICATE_MAX ? malloc(base64.length) : NULL;
    X509_NAME *subject = bytes && decode(base64, bytes, &der) ? read_subject(der) : NULL;
    free(bytes);
    if (!subject)
        return false;
    trust->anchors[trust->count++] = (struct anchor){subject, pem};
    return true;
}

/*
 * Lists the certificates of the bundle. False if it holds none, or anything else (OpenSSL may know
 * what to do with that), or if memory has run out.
 */
static bool list_anchors(struct trust *trust)
{
    const char *at = buf_text(&trust->text);
    while ((at = strstr(at, BEGIN_ANY))) {
        const char *inside = at + strlen(BEGIN), *end = strstr(at, END);
        if (strncmp(at, BEGIN, strlen(BEGIN)) != 0 || !end)
            return false;
        struct text pem = text_slice(at, (size_t)(end - at) + strlen(END));
        if (!add_anchor(trust, pem, text_slice(inside, (size_t)(end - inside))))
            return false;
        at = end + strlen(END);
    }
    return trust->count > 0;
}

/* --- OpenSSL asks --- */

static void add_to_store(const struct anchor *anchor, X509_STORE *store)
{
    BIO *bio = BIO_new_mem_buf(anchor->pem.data, (int)anchor->pem.length);
    X509 *certificate = bio ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;
    if (certificate)
        (void)X509_STORE_add_cert(store, certificate); /* what cannot be added is not trusted */
    X509_free(certificate); /* the store has its own reference, or had this certificate before */
    (void)BIO_free(bio);    /* only read */
}

/* OpenSSL looks for an issuer: 1 and the certificate in *ret_object, or 0. */
static int find_by_subject(X509_LOOKUP *lookup, X509_LOOKUP_TYPE type, const X509_NAME *name,
                           X509_OBJECT *ret_object)
{
    const struct trust *trust = X509_LOOKUP_get_method_data(lookup);
    X509_STORE *store = X509_LOOKUP_get_store(lookup);
    /* a CA that has changed its key has two of one name: OpenSSL chooses among those in the store
     */
    for (size_t i = 0; type == X509_LU_X509 && i < trust->count; i++) {
        if (X509_NAME_cmp(trust->anchors[i].subject, name) == 0)
            add_to_store(&trust->anchors[i], store);
    }
    X509_OBJECT *stored =
        X509_OBJECT_retrieve_by_subject(X509_STORE_get0_objects(store), type, name);
    X509 *certificate = stored ? X509_OBJECT_get0_X509(stored) : NULL;
    if (!certificate || X509_OBJECT_set1_X509(ret_object, certificate) != 1)
        return 0;
    /* set1 took a reference that the caller never gives back; the store's keeps it alive */
    X509_free(certificate);
    return 1;
}

static X509_LOOKUP_METHOD *new_method(void)
{
    X509_LOOKUP_METHOD *method = X509_LOOKUP_meth_new("bundle");
    if (method && X509_LOOKUP_meth_set_get_by_subject(method, find_by_subject) != 1) {
        X509_LOOKUP_meth_free(method);
        return NULL;
    }
    return method;
}

/* --- into a connection to be --- */

#define HINT "(AWS_CA_BUNDLE or SSL_CERT_FILE can name a bundle of CA certificates)"

/* Fails if the bundle cannot be read. One that is not plain may still be of use to OpenSSL. */
static int read_bundle(struct trust *trust, struct error *err)
{
    enum file_result result = file_read(trust->bundle, &trust->text, err);
    if (result == FILE_MISSING)
        (void)error_set(err, ERROR_CONFIG, "'%s' is missing " HINT, trust->bundle);
    if (result != FILE_READ) {
        err->kind = ERROR_CONFIG;
        buf_free(&trust->text);
        return -1;
    }
    trust->read = true;
    trust->plain = list_anchors(trust);
    if (!trust->plain)
        forget_anchors(trust);
    return 0;
}

static int add_bundle(struct trust *trust, X509_STORE *store, struct error *err)
{
    if (!trust->read && read_bundle(trust, err) != 0)
        return -1;
    if (!trust->plain)
        return X509_STORE_load_file(store, trust->bundle) == 1
                   ? 0
                   : error_set(err, ERROR_CONFIG, "'%s' holds no CA certificates " HINT,
                               trust->bundle);
    X509_LOOKUP *lookup = NULL;
    if (trust->method || (trust->method = new_method()))
        lookup = X509_STORE_add_lookup(store, trust->method);
    if (!lookup || X509_LOOKUP_set_method_data(lookup, trust) != 1)
        return error_set(err, ERROR_SYSTEM, "OpenSSL is out of memory");
    return 0;
}

int trust_install(struct trust *trust, void *context, struct error *err)
{
    X509_STORE *store = SSL_CTX_get_cert_store(context);
    if (!trust->bundle && !trust->folder)
        return error_set(err, ERROR_CONFIG, "no CA certificates on this machine " HINT);
    if (trust->bundle && add_bundle(trust, store, err) != 0)
        return -1;
    if (trust->folder && X509_STORE_load_path(store, trust->folder) != 1)
        return error_set(err, ERROR_SYSTEM, "OpenSSL is out of memory");
    return 0;
}
