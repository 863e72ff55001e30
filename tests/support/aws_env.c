#include "tests/support/aws_env.h"

#include <criterion/criterion.h>
#include <stdio.h>

enum { VARIABLES_MAX = 32, NAME_MAX_BYTES = 64, VALUE_MAX_BYTES = 512 };

static struct variable {
    char name[NAME_MAX_BYTES], value[VALUE_MAX_BYTES];
} variables[VARIABLES_MAX];

static size_t variable_count;

void aws_env_clear(void)
{
    variable_count = 0;
}

static struct variable *find(const char *name)
{
    for (size_t i = 0; i < variable_count; i++)
        if (strcmp(variables[i].name, name) == 0)
            return &variables[i];
    return NULL;
}

const char *aws_env_lookup(const char *name)
{
    const struct variable *variable = find(name);
    return variable ? variable->value : NULL;
}

void aws_env_set(const char *name, const char *value)
{
    struct variable *variable = find(name);
    if (!value) {
        if (variable)
            *variable = variables[--variable_count];
        return;
    }
    if (!variable) {
        cr_assert_lt(variable_count, VARIABLES_MAX);
        variable = &variables[variable_count++];
    }
    int name_len = snprintf(variable->name, NAME_MAX_BYTES, "%s", name);
    int value_len = snprintf(variable->value, VALUE_MAX_BYTES, "%s", value);
    cr_assert(name_len < NAME_MAX_BYTES && value_len < VALUE_MAX_BYTES, "%s=%s", name, value);
}

void aws_env_set_example(void)
{
    aws_env_clear();
    aws_env_set("AWS_REGION", "eu-west-1");
    aws_env_set("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE");
    aws_env_set("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
}

void aws_env_set_endpoint(const char *address)
{
    char url[VALUE_MAX_BYTES];
    (void)snprintf(url, sizeof url, "http://%s", address);
    aws_env_set("AWS_ENDPOINT_URL", url);
}

struct aws_client *aws_env_client(const char *service)
{
    char error[256] = "";
    struct aws_client_options options = {service, aws_env_lookup};
    struct aws_client *client = aws_client_new(&options, error, sizeof error);
    cr_assert_not_null(client, "%s", error);
    return client;
}
