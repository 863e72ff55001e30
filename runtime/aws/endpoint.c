#include "runtime/aws/endpoint.h"

#include <stdio.h>

/* Services whose variable is not called by their signing name ("Service-specific endpoints", AWS
 * SDKs and Tools Reference Guide). */
static const struct {
    const char *service, *suffix;
} suffixes[] = {
    {"elasticloadbalancing", "ELASTIC_LOAD_BALANCING_V2"},
    {"monitoring", "CLOUDWATCH"},
    {"logs", "CLOUDWATCH_LOGS"},
};

static void variable_name(const char *service, char *out, size_t out_len)
{
    for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
        if (strcmp(service, suffixes[i].service) == 0) {
            (void)snprintf(out, out_len, "AWS_ENDPOINT_URL_%s", suffixes[i].suffix);
            return;
        }
    }
    (void)snprintf(out, out_len, "AWS_ENDPOINT_URL_%s", service);
    for (char *p = out; *p; p++)
        *p = (char)(*p >= 'a' && *p <= 'z' ? *p - 0x20 : *p == '-' ? '_' : *p);
}

/* A region becomes part of a host's name, so it must be no more than that. */
static bool is_region(const char *text)
{
    size_t len = strlen(text);
    bool ok = len > 0 && len < AWS_REGION_MAX;
    for (size_t i = 0; i < len && ok; i++)
        ok = (text[i] >= 'a' && text[i] <= 'z') || (text[i] >= '0' && text[i] <= '9') ||
             (text[i] == '-' && i > 0);
    return ok;
}

static bool find_region(struct aws_endpoint *endpoint, aws_lookup_fn *lookup, const char *profile,
                        char *error, size_t error_len)
{
    const char *name = "AWS_REGION";
    const char *region = aws_environment_get(lookup, name);
    if (!region) {
        name = "AWS_DEFAULT_REGION";
        region = aws_environment_get(lookup, name);
    }
    if (!region) {
        name = "the profile's region";
        region = profile;
    }
    if (!region) {
        (void)snprintf(error, error_len,
                       "no AWS region: set AWS_REGION, AWS_DEFAULT_REGION or 'region' in the "
                       "profile");
        return false;
    }
    if (!is_region(region)) {
        (void)snprintf(error, error_len, "%s is '%s': it must be a region such as eu-west-1", name,
                       region);
        return false;
    }
    (void)snprintf(endpoint->region, sizeof endpoint->region, "%s", region);
    return true;
}

static bool is_url_text(struct bytes url)
{
    for (size_t i = 0; i < url.len; i++)
        if (url.ptr[i] <= ' ' || url.ptr[i] > '~' || strchr("@?#\\\"<>%", url.ptr[i]))
            return false;
    return true;
}

/* Cuts "https://host:port/base" into its parts. */
static bool cut(struct aws_endpoint *endpoint)
{
    struct bytes url = bytes_from_str(endpoint->url), standard_port = BYTES_LIT(":443");
    size_t scheme = strlen("https://");
    if (bytes_starts_with(url, BYTES_LIT("http://"))) {
        scheme = strlen("http://");
        standard_port = BYTES_LIT(":80");
    } else if (!bytes_starts_with(url, BYTES_LIT("https://"))) {
        return false;
    }
    struct bytes rest = bytes_skip(url, scheme);
    struct bytes host = {rest.ptr, bytes_find(rest, '/')};
    if (!is_url_text(url) || host.len == 0 || host.ptr[0] == ':')
        return false;
    endpoint->origin = bytes_make(url.ptr, scheme + host.len);
    endpoint->base = bytes_skip(rest, host.len);
    if (host.len > standard_port.len &&
        bytes_eq(bytes_skip(host, host.len - standard_port.len), standard_port))
        host.len -= standard_port.len;
    (void)snprintf(endpoint->host, sizeof endpoint->host, "%.*s", BYTES_ARG(host));
    return true;
}

static bool set_url(struct aws_endpoint *endpoint, const char *name, const char *url, char *error,
                    size_t error_len)
{
    int n = snprintf(endpoint->url, sizeof endpoint->url, "%s", url);
    bool fits = n > 0 && (size_t)n < sizeof endpoint->url;
    if (fits)
        for (size_t len = (size_t)n; len && endpoint->url[len - 1] == '/'; len--)
            endpoint->url[len - 1] = '\0';
    if (fits && cut(endpoint))
        return true;
    (void)snprintf(error, error_len, "%s is '%s': it must be a URL of http or https", name, url);
    return false;
}

static bool set_own(struct aws_endpoint *endpoint, const char *service)
{
    const char *domain =
        strncmp(endpoint->region, "cn-", 3) == 0 ? "amazonaws.com.cn" : "amazonaws.com";
    (void)snprintf(endpoint->url, sizeof endpoint->url, "https://%s.%s.%s", service,
                   endpoint->region, domain);
    return cut(endpoint);
}

bool aws_endpoint_find(struct aws_endpoint *endpoint, const char *service, aws_lookup_fn *lookup,
                       const char *profile_region, const char *profile_url, char *error,
                       size_t error_len)
{
    char variable[128];
    const char *ignores = aws_environment_get(lookup, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS");
    *endpoint = (struct aws_endpoint){0};
    if (!find_region(endpoint, lookup, profile_region, error, error_len))
        return false;
    if (ignores && strcmp(ignores, "true") == 0)
        return set_own(endpoint, service);
    variable_name(service, variable, sizeof variable);
    const char *url = aws_environment_get(lookup, variable);
    if (url)
        return set_url(endpoint, variable, url, error, error_len);
    url = aws_environment_get(lookup, "AWS_ENDPOINT_URL");
    if (url)
        return set_url(endpoint, "AWS_ENDPOINT_URL", url, error, error_len);
    if (profile_url)
        return set_url(endpoint, "the profile's endpoint_url", profile_url, error, error_len);
    return set_own(endpoint, service);
}
