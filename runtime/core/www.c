#include "runtime/core/www.h"

#include "runtime/core/negotiate.h"
#include "runtime/core/problem.h"

/*
 * The page is read from this program alone: nothing from elsewhere, nothing inline, in no frame.
 * Answers are kept by a browser and asked for again with their tag, so that a new version is seen
 * at once and an old one costs no body.
 */

static const struct http_field page_fields[] = {
    {BYTES_INIT("Cache-Control"), BYTES_INIT("no-cache")},
    {BYTES_INIT("Vary"), BYTES_INIT("Accept-Encoding")},
    {BYTES_INIT("Content-Security-Policy"),
     BYTES_INIT("default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
                "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")},
    {BYTES_INIT("X-Content-Type-Options"), BYTES_INIT("nosniff")},
    {BYTES_INIT("X-Frame-Options"), BYTES_INIT("DENY")},
    {BYTES_INIT("Referrer-Policy"), BYTES_INIT("no-referrer")},
    {BYTES_INIT("Cross-Origin-Opener-Policy"), BYTES_INIT("same-origin")},
    {BYTES_INIT("Cross-Origin-Resource-Policy"), BYTES_INIT("same-origin")},
    {BYTES_INIT("Permissions-Policy"), BYTES_INIT("camera=(), geolocation=(), microphone=()")},
};

static void send_file(const struct http_request *req, struct http_response *res,
                      const struct www_file *file)
{
    bool is_zipped = http_accepts_coding(req, BYTES_LIT("gzip"));
    struct bytes tag = is_zipped ? file->gzip_tag : file->plain_tag;
    enum tag_result known = http_tag_find(req, "If-None-Match", tag, TAG_WEAK);
    if (known == TAG_MATCHES || known == TAG_ANY) {
        res->status = 304;
    } else {
        http_response_borrow(res, req->arena, 200, file->type,
                             is_zipped ? file->gzip : file->plain);
        if (is_zipped)
            http_response_add(res, req->arena, BYTES_LIT("Content-Encoding"), BYTES_LIT("gzip"));
    }
    http_response_add(res, req->arena, BYTES_LIT("ETag"), tag);
    for (size_t i = 0; i < sizeof page_fields / sizeof *page_fields; i++)
        http_response_add(res, req->arena, page_fields[i].name, page_fields[i].value);
}

void www_send(const struct http_request *req, struct http_response *res,
              const struct www_file *files, struct bytes name)
{
    for (const struct www_file *file = files; file->name; file++) {
        if (bytes_eq(name, bytes_from_str(file->name))) {
            send_file(req, res, file);
            return;
        }
    }
    problem_set(res, req->arena, 404, "not-found", "the page has no file of that name");
}
