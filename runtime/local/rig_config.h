#ifndef RUNTIME_LOCAL_RIG_CONFIG_H
#define RUNTIME_LOCAL_RIG_CONFIG_H

/*
 * rig_config — what `duet local` is told: defaults, then a JSON file, then flags.
 *
 * Layer:   local. Knows core/ and json/.
 * Memory:  texts live in the config's own arena.
 */

#include "runtime/core/arena.h"
#include "runtime/core/buf.h"

struct terraform;

/* The two homes, and the slots: two target groups of each. fargate-b is empty until something is
 * shipped; the function has an alias for each of its slots. */
enum { RIG_HOMES = 2, RIG_LAMBDA = 0, RIG_FARGATE = 1 };
enum { RIG_LAMBDA_A, RIG_LAMBDA_B, RIG_FARGATE_A, RIG_FARGATE_B, RIG_SLOTS };
/* Nobody has said whether there is to be HTTPS: beside the usual port there is, where its usual
 * port is free. */
enum { RIG_PORT_USUAL = 8080, RIG_HTTPS_PORT_USUAL = 8443, RIG_PORT_UNSAID = 65536 };
enum { RIG_ENV_MAX = 64, RIG_ENV_ALL_MAX = 2 * RIG_ENV_MAX + 1 };
enum { RIG_TARGETS_MAX = 32, RIG_FORWARD_MAX = 16 };
enum { RIG_CONFIG_FILE_BYTES = 1024 * 1024 };

struct rig_config {
    const char *name;      /* of load balancer, function, cluster; "duet-local" */
    const char *bind;      /* IPv4 address that the load balancer listens on; 127.0.0.1 */
    unsigned port;         /* of it; 0: the system picks one */
    unsigned https_port;   /* of a second listener; 0: the system picks one; RIG_PORT_UNSAID */
    unsigned control_port; /* 0 too */
    unsigned weights[RIG_SLOTS];
    /* Of the slots' health checks. The interval is far below AWS's 5 s, so that states move while
     * people watch; the count is AWS's highest, so that a busy machine makes no task unhealthy. */
    unsigned health_interval_s, unhealthy_count;
    unsigned checks_lambda; /* 0 or 1: the Lambda slots too; each check is an invocation */
    const char *pin_secret; /* requests that show it choose their slot; NULL: none can */
    const char *state;      /* folder that keeps the load balancer; NULL: none */
    const char *store;      /* DUET_STORE of both homes */
    const char *bootstrap;  /* program of the Lambda home */
    const char *server;     /* program of the Fargate home */
    unsigned timeout_s;     /* of an invocation */
    unsigned memory_mb;
    unsigned concurrency;                 /* sandboxes at most */
    unsigned tasks, tasks_b;              /* of the slots fargate-a and fargate-b */
    const char *targets[RIG_TARGETS_MAX]; /* "HOST:PORT" of servers that the rig does not start; */
    size_t target_count;                  /* more than 0: it starts none */
    unsigned stop_timeout_s;
    const char *env[RIG_ENV_MAX + 1]; /* "NAME=value" for both homes; ends with NULL */
    size_t env_count;
    /* Of one home alone, as a plan has them; they win over `env`. */
    const char *home_env[RIG_HOMES][RIG_ENV_MAX + 1];
    size_t home_env_count[RIG_HOMES];
    const struct terraform *terraform; /* the plan that the rig is made as (terraform.h), or NULL */
    const char *forwards[RIG_FORWARD_MAX]; /* "SERVICE=URL", see control/relay.h */
    size_t forward_count;
    bool is_watching;
    unsigned has_control_ui;      /* 0 or 1: the dashboard may change weights */
    bool is_debugging[RIG_HOMES]; /* a home, at most one, runs under gdbserver... */
    unsigned debug_port;          /* ...on this port; 0: any free one */
    const char *access_log;       /* file of the load balancer's access log; NULL: none */
    bool is_quiet;                /* no lines for requests, but for calls that fail */
    const char *file;             /* that was read, and its text, for errors; NULL: none */
    struct bytes text;
    struct arena arena;
};

/* The defaults; the programs are left NULL, and both homes get DUET_ACCESS_LOG=off
 * and DUET_METRICS=off. */
void rig_config_init(struct rig_config *config);
void rig_config_release(struct rig_config *config);

/* Takes the settings of the JSON text of `file` (a name for errors); both are borrowed. false:
 * `error` names the file and the line, the setting by its path, and what is allowed. */
bool rig_config_parse(struct rig_config *config, const char *file, struct bytes text, char *error,
                      size_t error_len) MUST_CHECK;

/* Reads and parses a file. */
bool rig_config_load(struct rig_config *config, const char *file, char *error,
                     size_t error_len) MUST_CHECK;

/* Reads all of a file. false: errno says why not, or the text is larger than the buffer may be. */
bool rig_config_read(const char *file, struct buf *text) MUST_CHECK;

/* "lambda-a" ... "fargate-b". */
const char *rig_slot_name(int slot);

/* Takes "lambda=90,fargate=10", where lambda and fargate stand for their a slots, or slots by name;
 * one that is not named gets weight 0. None may come twice. */
bool rig_config_weights(struct rig_config *config, const char *text, char *error,
                        size_t error_len) MUST_CHECK;

/* Takes a number flag: "port", "control_port", "tasks" ... by its path in the file. */
bool rig_config_number(struct rig_config *config, const char *path, const char *value, char *error,
                       size_t error_len) MUST_CHECK;

/* Adds "NAME=value", or replaces the NAME that is there, a plan's too. DUET_STORE is `store` by
 * another name, and back to its default when empty. PORT and DUET_BIND are refused: every task has
 * its own. */
bool rig_config_env(struct rig_config *config, const char *assignment, char *error,
                    size_t error_len) MUST_CHECK;

/* Fills `list`, of RIG_ENV_ALL_MAX, with what a home is started with, and NULL. What a plan has for
 * the tasks is not in it: that is in their definition, which wins. */
void rig_config_env_of(const struct rig_config *config, int home, const char **list);

/* Adds "SERVICE=URL", as relay_check has it; borrowed. */
bool rig_config_forward(struct rig_config *config, const char *text, char *error,
                        size_t error_len) MUST_CHECK;

/* What only all settings together can break: each listener has a port of its own, some weight is
 * over 0; and what flags give unchecked: a secret has 16 to 64 letters, digits, - and _. false:
 * `error` names file and line of the setting that is at odds, where the file has it. */
bool rig_config_check(const struct rig_config *config, char *error, size_t error_len) MUST_CHECK;

#endif
