#ifndef RUNTIME_CORE_CONFIG_H
#define RUNTIME_CORE_CONFIG_H

/*
 * config — the settings of a home: environment variables, read here and nowhere else.
 *
 * Layer:   core.
 * Memory:  texts are borrowed from the environment.
 * README.md has the table of them for people; `config_rows` in config.c is the one for the machine.
 */

#include "runtime/core/buf.h"
#include "runtime/core/bytes.h"
#include "runtime/core/log.h"

enum home { HOME_LAMBDA, HOME_FARGATE };

struct config {
    enum home home;
    unsigned port;            /* PORT: 0 lets the system pick one (server) */
    const char *bind_address; /* DUET_BIND: an IPv4 address (server) */
    unsigned threads;         /* DUET_THREADS: event loops; 0: as many as the CPU quota (server) */
    unsigned workers;         /* DUET_WORKERS: threads for handlers that wait (server) */
    const char *store;        /* DUET_STORE: "memory" or "sqlite:PATH" */
    const char *tls_cert;     /* DUET_TLS_CERT: a PEM file; NULL: no TLS (server) */
    const char *tls_key;      /* DUET_TLS_KEY: likewise; both are set or none (server) */
    bool has_access_log;      /* DUET_ACCESS_LOG: on, off (server) */
    unsigned access_log_percent; /* DUET_ACCESS_LOG_SAMPLE: of requests that are logged (server) */
    unsigned trusted_proxies;    /* DUET_TRUSTED_PROXIES: that append to X-Forwarded-For */
    bool has_response_limit;     /* DUET_RESPONSE_LIMIT: a load balancer's, for answers too */
    bool has_streaming;          /* DUET_LAMBDA_STREAMING: of the function's URL (lambda) */
    unsigned request_timeout_ms; /* DUET_REQUEST_TIMEOUT_MS */
    unsigned idle_timeout_s;     /* DUET_IDLE_TIMEOUT_S: of a kept connection (server) */
    unsigned read_timeout_s;     /* DUET_READ_TIMEOUT_S: for a request's head (server) */
    unsigned write_timeout_s;    /* DUET_WRITE_TIMEOUT_S: for clients slow to read (server) */
    unsigned max_connections;    /* DUET_MAX_CONNECTIONS; 0: as descriptors allow (server) */
    unsigned lame_duck_s;        /* DUET_LAME_DUCK_S: from SIGTERM to the drain (server) */
    unsigned drain_s;            /* DUET_DRAIN_S: for requests in flight after it (server) */
    enum log_level log_level;    /* AWS_LAMBDA_LOG_LEVEL (lambda), DUET_LOG_LEVEL (server) */
    enum log_format log_format;  /* AWS_LAMBDA_LOG_FORMAT (lambda); JSON (server) */
    bool has_metrics;            /* DUET_METRICS: on, off */
    unsigned metrics_s;          /* DUET_METRICS_S: between two summaries; 0: none (server) */
    const char *metrics_namespace;   /* DUET_METRICS_NAMESPACE, of CloudWatch */
    const char *runtime_api;         /* AWS_LAMBDA_RUNTIME_API: host:port (lambda) */
    unsigned max_concurrency;        /* AWS_LAMBDA_MAX_CONCURRENCY: invocations at once (lambda) */
    const char *function_name;       /* AWS_LAMBDA_FUNCTION_NAME (lambda); NULL when unset */
    const char *initialization_type; /* AWS_LAMBDA_INITIALIZATION_TYPE (lambda); NULL when unset */
};

/* Like getenv: NULL when `name` is not set. */
typedef const char *config_lookup_fn(const char *name);

/* Reads all settings of `home`. false: `error` names the variable, its value and what is allowed;
 * log_level and log_format hold even then what could be read, so that the error can be logged as
 * they say. */
bool config_load(struct config *config, enum home home, config_lookup_fn *lookup, char *error,
                 size_t error_len) MUST_CHECK;

/* Looks for a variable of `environment` ("NAME=value", ends with NULL) whose name begins with DUET_
 * and is no setting: misspelt, it would be a default that nobody chose. Those of Duet's own build
 * and tests (DUET_BUILD and the like) may stand there.
 * false: `error` names the variable and the setting whose name is nearest. */
bool config_check_names(const char *const *environment, char *error, size_t error_len) MUST_CHECK;

/* Appends all settings of config->home as they are in force, a line each: "NAME=value (default)",
 * or "(environment)" where `lookup` has the variable; a text that is not set has "(unset)". Of a
 * URL's user and password nothing is shown but "***"; control bytes are shown as '?'. */
void config_show(const struct config *config, config_lookup_fn *lookup, struct buf *out);

/* "lambda" or "fargate". */
const char *home_name(enum home home);

#endif
