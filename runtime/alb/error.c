#include "runtime/alb/error.h"

#include <stdarg.h>
#include <stdio.h>

struct row {
    const char *code, *text;
};

static const struct row rows[] = {[ALB_OK] = {"", ""},
#define ALB_ERROR_ROW(name, code, text) [ALB_E_##name] = {code, text},
                                  ALB_ERRORS(ALB_ERROR_ROW)
#undef ALB_ERROR_ROW
};

const char *alb_error_code(enum alb_error error)
{
    return rows[error].code;
}

int alb_error_status(enum alb_error error)
{
    if (error == ALB_OK)
        return 200;
    if (error == ALB_E_ACCESS_DENIED)
        return 403;
    return error == ALB_E_HEALTH_UNAVAILABLE || error == ALB_E_INTERNAL_FAILURE ? 500 : 400;
}

enum alb_error alb_refuse(struct alb_why *why, enum alb_error error)
{
    if (why)
        (void)snprintf(why->text, sizeof why->text, "%s", rows[error].text);
    return error;
}

enum alb_error alb_refuse_printf(struct alb_why *why, enum alb_error error, const char *format, ...)
{
    va_list args;
    if (!why)
        return error;
    va_start(args, format);
    (void)vsnprintf(why->text, sizeof why->text, format, args);
    va_end(args);
    return error;
}
