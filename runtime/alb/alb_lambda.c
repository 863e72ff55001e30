#include "runtime/alb/alb_lambda.h"

struct reason_row {
    const char *name;
    int status;
};

static const struct reason_row reasons[] = {
    [ALB_LAMBDA_OK] = {"", 200},
    [ALB_LAMBDA_BAD_REQUEST] = {"LambdaBadRequest", 400},
    [ALB_LAMBDA_NO_WEBSOCKET] = {"LambdaWebsocketNotSupported", 400},
    [ALB_LAMBDA_REQUEST_TOO_LARGE] = {"LambdaRequestTooLarge", 413},
    [ALB_LAMBDA_INVALID_RESPONSE] = {"LambdaInvalidResponse", 502},
    [ALB_LAMBDA_RESPONSE_TOO_LARGE] = {"LambdaResponseTooLarge", 502},
    [ALB_LAMBDA_UNHANDLED] = {"LambdaUnhandled", 502},
    [ALB_LAMBDA_THROTTLING] = {"LambdaThrottling", 502},
    [ALB_LAMBDA_CONNECTION_ERROR] = {"LambdaConnectionError", 504},
    [ALB_LAMBDA_NO_MEMORY] = {"LambdaUnhandledException", 500},
};

const char *alb_lambda_reason_name(enum alb_lambda_reason reason)
{
    return reasons[reason].name;
}

int alb_lambda_reason_status(enum alb_lambda_reason reason)
{
    return reasons[reason].status;
}

enum alb_lambda_reason alb_lambda_outcome(enum alb_invoked outcome)
{
    switch (outcome) {
    case ALB_INVOKED_OK:
        return ALB_LAMBDA_OK;
    case ALB_INVOKED_THROTTLED:
        return ALB_LAMBDA_THROTTLING;
    case ALB_INVOKED_UNREACHABLE:
        return ALB_LAMBDA_CONNECTION_ERROR;
    case ALB_INVOKED_ERROR:
        break;
    }
    return ALB_LAMBDA_UNHANDLED;
}
