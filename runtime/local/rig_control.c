#include "runtime/local/rig_control.h"

#include <unistd.h>

bool rig_control_init(struct rig_control *control, struct loop *loop, int listen_fd,
                      struct alb_model *model, const struct control_service *cloudwatch)
{
    control->elb = elb_new(model);
    if (!control->elb) {
        (void)close(listen_fd);
        return false;
    }
    control->services[control->service_count++] = elb_service(control->elb);
    control->services[control->service_count++] = cloudwatch;
    struct control_port_options options = {.loop = loop,
                                           .listen_fd = listen_fd,
                                           .model = model,
                                           .services = control->services,
                                           .service_count = control->service_count};
    control->port = control_port_new(&options);
    if (control->port)
        return true;
    rig_control_release(control);
    return false;
}

void rig_control_release(struct rig_control *control)
{
    control_port_free(control->port);
    elb_free(control->elb);
    *control = (struct rig_control){.service_count = 0};
}
