#include "runtime/local/rig_control.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void add(struct rig_control *control, const struct control_service *service)
{
    control->services[control->service_count++] = service;
}

static bool make_services(struct rig_control *control, const struct rig_control_options *options,
                          char *error, size_t error_len)
{
    const struct alb_model_options *here = &options->model->options;
    const struct ssm_options ssm = {
        .dir = options->state, .region = here->region, .account = here->account};
    control->elb = elb_new(options->model);
    if (!control->elb) {
        (void)snprintf(error, error_len, "no memory for the control port");
        return false;
    }
    control->ssm = ssm_new(&ssm, error, error_len);
    if (!control->ssm)
        return false;
    sts_init(&control->sts, here->account);
    add(control, elb_service(control->elb));
    add(control, ssm_service(control->ssm));
    add(control, &control->sts.service);
    for (size_t i = 0; i < options->other_count; i++)
        add(control, options->others[i]);
    return true;
}

static bool open_port(struct rig_control *control, const struct rig_control_options *options,
                      char *error, size_t error_len)
{
    struct control_port_options port = {.loop = options->loop,
                                        .listen_fd = options->listen_fd,
                                        .model = options->model,
                                        .services = control->services,
                                        .service_count = control->service_count,
                                        .pages = options->pages,
                                        .relay = options->relay};
    control->port = control_port_new(&port);
    if (!control->port)
        (void)snprintf(error, error_len, "cannot start the control port: %s", strerror(errno));
    return control->port != NULL;
}

bool rig_control_init(struct rig_control *control, const struct rig_control_options *options,
                      char *error, size_t error_len)
{
    bool is_made = make_services(control, options, error, error_len);
    if (!is_made)
        (void)close(options->listen_fd);
    if (is_made && open_port(control, options, error, error_len))
        return true;
    rig_control_release(control);
    return false;
}

void rig_control_release(struct rig_control *control)
{
    control_port_free(control->port);
    ssm_free(control->ssm);
    elb_free(control->elb);
    *control = (struct rig_control){.service_count = 0};
}
