handlers/www: handlers/www.c handlers/www.h runtime/core/bytes.h \
 handlers/handlers.h runtime/core/app.h runtime/core/config.h \
 runtime/core/log.h runtime/core/http.h runtime/core/arena.h \
 runtime/core/rc.h runtime/core/buf.h runtime/core/metrics.h \
 runtime/core/router.h runtime/core/negotiate.h runtime/core/problem.h
handlers/www.h:
runtime/core/bytes.h:
handlers/handlers.h:
runtime/core/app.h:
runtime/core/config.h:
runtime/core/log.h:
runtime/core/http.h:
runtime/core/arena.h:
runtime/core/rc.h:
runtime/core/buf.h:
runtime/core/metrics.h:
runtime/core/router.h:
runtime/core/negotiate.h:
runtime/core/problem.h:
