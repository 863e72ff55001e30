#include "runtime/alb/connect.h"

struct upstream *alb_connect(struct alb_model *model, struct loop *loop,
                             const struct sockaddr_in *to, enum alb_protocol protocol)
{
    struct upstream *upstream = upstream_open(loop, to);
    if (!upstream || protocol != ALB_HTTPS)
        return upstream;
    if (!model->tls)
        model->tls = tls_context_new_client();
    if (model->tls && upstream_secure(upstream, model->tls))
        return upstream;
    upstream_close(upstream);
    return NULL;
}
