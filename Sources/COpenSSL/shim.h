#ifndef COPENSSL_SHIM_H
#define COPENSSL_SHIM_H

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

// What OpenSSL offers as macros only.

static inline int co_set_least_tls_1_2(SSL_CTX *context) {
    return SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
}

static inline void co_set_stream_modes(SSL_CTX *context) {
    (void)SSL_CTX_set_mode(
        context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
    (void)SSL_CTX_set_read_ahead(context, 1);
}

static inline void co_refuse_renegotiation_and_resumption(SSL_CTX *context) {
    (void)SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET);
    (void)SSL_CTX_set_num_tickets(context, 0);
    (void)SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
}

static inline int co_set_server_name(SSL *session, const char *name) {
    return (int)SSL_set_tlsext_host_name(session, name);
}

// PostgreSQL's protocol by its registered name (IANA, TLS ALPN Protocol IDs).

static inline int co_select_postgresql(
    SSL *session, const unsigned char **chosen, unsigned char *length, const unsigned char *offered,
    unsigned int offered_length, void *context) {
    static const unsigned char names[] = "\012postgresql";
    unsigned char *found = NULL;
    (void)session;
    (void)context;
    int result = SSL_select_next_proto(&found, length, names, sizeof names - 1, offered, offered_length);
    *chosen = found;
    return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

static inline void co_accept_postgresql(SSL_CTX *context) {
    SSL_CTX_set_alpn_select_cb(context, co_select_postgresql, NULL);
}

/// Zero on success, unlike its kin.
static inline int co_offer_postgresql(SSL_CTX *context) {
    return SSL_CTX_set_alpn_protos(context, (const unsigned char *)"\012postgresql", 11);
}

#endif
