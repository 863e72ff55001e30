#ifndef RUNTIME_CORE_LIMITS_H
#define RUNTIME_CORE_LIMITS_H

/*
 * limits — every maximum of Duet, with its unit in its name and the reason beside it.
 *
 * Those that a caller can see are equal in both homes: what one refuses, the other refuses with the
 * same status. Sources: "Quotas for your Application Load Balancers" and "Lambda functions as
 * targets" in the ALB user guide; "Lambda quotas" in the Lambda developer guide.
 */

enum {
    /* A request, as the ALB limits it. */
    LIMIT_REQUEST_LINE_BYTES = 16 * 1024, /* else 414 */
    LIMIT_FIELD_BYTES = 16 * 1024,        /* one header line; else 431 */
    LIMIT_HEAD_BYTES = 64 * 1024,         /* request line and all header lines; else 431 */
    LIMIT_FIELD_COUNT = 256,              /* ours: the ALB names none; else 431 */
    LIMIT_BODY_BYTES = 1024 * 1024,       /* a Lambda target's maximum; else 413 */

    /* A response: at most this many bytes as ALB JSON, else our own 500. */
    LIMIT_RESPONSE_JSON_BYTES = 1024 * 1024,
    /* And its header fields, as the ALB takes them from a target: else our own 500, not its 502. We
     * leave room for the lines that a front end adds. */
    LIMIT_RESPONSE_HEAD_BYTES = 31 * 1024,

    /* The Runtime API: 6 MiB and 100 bytes each way. */
    LIMIT_INVOCATION_BYTES = 6 * 1024 * 1024 + 100,

    /* An answer that a function streams. */
    LIMIT_STREAM_BYTES = 200 * 1024 * 1024,

    /* Memory of one request: its body twice (chunked, base64), the event as a tree, the answer. */
    LIMIT_REQUEST_ARENA_BYTES = 64 * 1024 * 1024,
    /* Bytes of one request as they came: a body in chunks of one byte takes six times its size. */
    LIMIT_INPUT_BYTES = 8 * 1024 * 1024,
    /* What a connection keeps between requests; larger buffers are given back. */
    LIMIT_IDLE_BUFFER_BYTES = 16 * 1024,

    /* Managed instances: invocations at once in one process, Lambda's own maximum. */
    LIMIT_POLLERS = 1600,

    /* The server. */
    LIMIT_LOOPS = 64,                      /* threads with an event loop */
    LIMIT_WORKERS = 256,                   /* threads for handlers that wait */
    LIMIT_WORKER_QUEUE = 1024,             /* requests that wait for a worker; more: 503 */
    LIMIT_PIPELINE_OUT_BYTES = 256 * 1024, /* unsent answers before reading stops */
    LIMIT_HEALTHCHECK_MS = 3000,           /* for `server healthcheck`; ECS waits 5 s for it */
    LIMIT_FDS = 64 * 1024,                 /* open descriptors, where the system gives as many */
    LIMIT_SPARE_FDS = 128,                 /* of these, kept for all that is no connection */
    /* A body that comes, or an answer that is taken, more slowly than this for the whole of its
     * timeout ends: 1 MiB in 17 minutes is slow but honest, a byte a second is neither. */
    LIMIT_LEAST_BYTES_PER_S = 1024,

    /* The rig. What passes through its load balancer is in memory by parts, these are whole. */
    LIMIT_TARGET_HEAD_BYTES = 32 * 1024, /* of an ip target's answer; else 502 */
    LIMIT_HALF_CLOSE_MS =
        1000, /* who ends its side so soon after its request waits for the answer */
    LIMIT_TARGET_BODY_BYTES = 64 * 1024 * 1024, /* of an answer that is wanted whole */
    LIMIT_STATE_BYTES = 16 * 1024 * 1024,       /* its load balancer as a file, see --state */
    LIMIT_PAYLOAD_BYTES = 6 * 1024 * 1024,      /* of an Invoke that waits; Lambda's */
    LIMIT_EVENT_BYTES = 1024 * 1024,            /* of one that does not; Lambda's */
    LIMIT_PACKAGE_BYTES = 250 * 1024 * 1024,    /* a function's code, unpacked; Lambda's */
    LIMIT_DASHBOARD_CLIENTS = 64, /* browsers' tabs, and others, that listen at once; more: 503 */
    LIMIT_HOST_BYTES = 255,       /* of a name that a rule's transform makes */
    LIMIT_REGEX_STEPS = 100000,   /* of one match of a rule's expression, some milliseconds */
    LIMIT_REGEX_HEAP_KB = 1024,   /* and what it may keep meanwhile */
    LIMIT_WEIGHT = 999,           /* of a target group in a rule, as the ALB's */
    /* One call of the control port: a zip of 50 MB in base64, as Lambda takes it. */
    LIMIT_CONTROL_BODY_BYTES = 70167211,
    LIMIT_CONTROL_ARENA_BYTES = 256 * 1024 * 1024,
    /* Parameters of one call of the control port, in any protocol. */
    LIMIT_CONTROL_ITEMS = 20 * 1000, /* values in all */
    LIMIT_CONTROL_DEPTH = 32,        /* structures and lists in each other */
    LIMIT_CONTROL_NAMES = 256,       /* members of one structure */

    /* The application. */
    LIMIT_ROUTE_PARAMS = 8,            /* {names} in one route's pattern */
    LIMIT_NAME_BYTES = 255,            /* a candidate's name */
    LIMIT_CANDIDATE_BYTES = 64 * 1024, /* the body that makes a candidate; else 413 */
    LIMIT_PAGE_ITEMS = 1000,           /* candidates on one page of the list */
    LIMIT_JSON_DEPTH = 1000,           /* nested arrays and objects; cJSON's own limit */
    LIMIT_LOG_LINE_BYTES = 8 * 1024,   /* a longer log line is cut at a field's end */
    LIMIT_LOG_WAIT_MS = 1000,          /* for whoever reads the server's log; then lines are lost */
    /* A line of metrics, with names as long as CloudWatch takes them, escaped; most are 600 bytes
     * on Lambda, 1300 on the server. CloudWatch's own limit is 1 MiB. */
    LIMIT_METRICS_LINE_BYTES = 16 * 1024,

    /* The store. */
    LIMIT_STORE_CONNECTIONS = 8,                 /* to one SQLite file; more callers wait */
    LIMIT_STORE_BATCH = 64,                      /* writes that wait for the disk together */
    LIMIT_STORE_MEMORY_BYTES = 64 * 1024 * 1024, /* what the memory store holds */
    LIMIT_STORE_PAGE = 1000, /* items of one page from DynamoDB, which sends 1 MB at most */

    /* Calls of AWS's services. */
    LIMIT_AWS_ATTEMPTS = 3,           /* of one call, the first included; the SDKs' default */
    LIMIT_AWS_ATTEMPT_MS = 10 * 1000, /* for one attempt, if the deadline leaves as much */
    LIMIT_AWS_BACKOFF_BASE_MS = 50,   /* the longest wait before a second attempt; then doubled */
    LIMIT_AWS_BACKOFF_MS = 20 * 1000, /* and never longer than this */
    LIMIT_AWS_CONNECTIONS = LIMIT_WORKERS,     /* at once, of one client; more callers wait */
    LIMIT_AWS_ANSWER_BYTES = 16 * 1024 * 1024, /* DynamoDB's pages are 1 MB, in JSON some more */
    LIMIT_AWS_CREDENTIALS_BYTES = 1024 * 1024, /* files and answers that are read for credentials */
    LIMIT_AWS_FILE_BYTES = 256 * 1024,         /* a shared file, a token's file */
    LIMIT_AWS_REFRESH_EARLY_MS = 5 * 60 * 1000, /* before credentials expire */
    LIMIT_AWS_REFRESH_JITTER_MS = 60 * 1000,    /* and up to this much earlier */
    LIMIT_PLAN_BYTES = 256 * 1024,              /* a canary's plan */
    LIMIT_GUARD_POLICY_BYTES = 16 * 1024,       /* a guard's policy */
    LIMIT_GUARD_PROBES = 8,                     /* of a guard, under way to one home */
    LIMIT_AWS_REFRESH_AGAIN_MS = 30 * 1000,     /* after a refresh that failed */

    /* The canary. */
    LIMIT_CANARY_ESTIMATE_MINUTES = 31 * 24 * 60,     /* no estimate promises later than this */
    LIMIT_CANARY_LINE_BYTES = 4 * 1024 * 1024,        /* of memory for one line of a recording */
    LIMIT_CANARY_RECORDING_BYTES = 256 * 1024 * 1024, /* of one that a command reads */
};

#endif
