#ifndef RUNTIME_DUET_H
#define RUNTIME_DUET_H

/*
 * duet.h — all that a service of one's own includes; link it with libduet.a.
 *
 * A service is a `const struct app_definition` (a name, a version, a route table) and two programs
 * of one line each, main() { return duet_bootstrap_main(&definition); } and the same with
 * duet_server_main. `duet init DIR` writes such a service.
 *
 * Version: DUET_VERSION_MAJOR, _MINOR and _PATCH, semantic versioning of what these headers
 * declare; before 1.0.0 a minor version may change it.
 *
 * Flags: -fno-omit-frame-pointer and -Wl,--build-id, for what is logged of a crash.
 * Libraries: -lduet -lcurl -lssl -lcrypto -lcjson -lsqlite3 -lpthread.
 */

#include "runtime/core/version.h"

/* Values: views of bytes, result codes, memory of one request, clocks, maximums. */
#include "runtime/core/arena.h"
#include "runtime/core/buf.h"
#include "runtime/core/bytes.h"
#include "runtime/core/clock.h"
#include "runtime/core/limits.h"
#include "runtime/core/rc.h"

/* Requests, responses, errors, and what is printed into them. */
#include "runtime/core/forwarded.h"
#include "runtime/core/http.h"
#include "runtime/core/json_text.h"
#include "runtime/core/lambda_context.h"
#include "runtime/core/problem.h"
#include "runtime/core/text.h"
#include "runtime/core/uri.h"
#include "runtime/json/json.h"

/* The application: routes, settings, log, store, and calls of AWS's services. */
#include "runtime/aws/client.h"
#include "runtime/core/app.h"
#include "runtime/core/config.h"
#include "runtime/core/log.h"
#include "runtime/core/router.h"
#include "runtime/store/store.h"

/* The two homes. */
#include "runtime/lambda/bootstrap.h"
#include "runtime/server/server_main.h"

#endif
