#include "handlers/answer.h"
#include "handlers/candidate.h"
#include "runtime/core/clock.h"
#include "runtime/core/limits.h"
#include "runtime/core/problem.h"
#include "runtime/json/json.h"

enum { SHOWN_BYTES = 64 }; /* of what a caller sent, in an answer */

static const char *kind_name(const cJSON *item)
{
    if (cJSON_IsNull(item))
        return "null";
    if (cJSON_IsBool(item))
        return "a boolean";
    if (cJSON_IsNumber(item))
        return "a number";
    if (cJSON_IsString(item))
        return "a string";
    return cJSON_IsArray(item) ? "an array" : "an object";
}

/* The start of a member's name, cut where no character is split. */
static struct bytes shown_name(const cJSON *member)
{
    struct bytes name = bytes_from_str(member->string);
    if (name.len <= SHOWN_BYTES)
        return name;
    name.len = SHOWN_BYTES;
    while (name.len && ((unsigned char)name.ptr[name.len] & 0xC0) == 0x80)
        name.len--;
    return name;
}

static bool refuse_body(const struct http_request *req, struct http_response *res, enum rc rc,
                        const struct json_place *place)
{
    if (rc == RC_NOMEM)
        res->is_out_of_memory = true;
    else if (req->body.len == 0)
        problem_set(res, req->arena, 400, "bad-json",
                    "the body is empty; it must be JSON such as {\"party\":\"...\"}");
    else
        problem_set(res, req->arena, 400, "bad-json", "the body is not JSON: line %zu, column %zu",
                    place->line, place->column);
    return false;
}

static bool check_party(const struct http_request *req, struct http_response *res,
                        const cJSON *member)
{
    size_t len = json_bytes(member).len;
    if (!cJSON_IsString(member))
        problem_set(res, req->arena, 400, "bad-member", "'party' must be a string, and it is %s",
                    kind_name(member));
    else if (len == 0 || len > CANDIDATE_PARTY_BYTES)
        problem_set(res, req->arena, 400, "bad-member",
                    "'party' must have 1 to %d bytes, and it has %zu", CANDIDATE_PARTY_BYTES, len);
    else
        return true;
    return false;
}

/* What a candidate carries besides, which only the service sets. */
static bool is_own_member(const cJSON *member)
{
    return strcmp(member->string, "name") == 0 || strcmp(member->string, "created") == 0 ||
           strcmp(member->string, "version") == 0;
}

static void refuse_member(const struct http_request *req, struct http_response *res,
                          const cJSON *member, bool is_second)
{
    const char *what = is_second               ? "is there twice"
                       : is_own_member(member) ? "cannot be set; a caller sets 'party' alone"
                                               : "is unknown; a caller sets 'party' alone";
    problem_set(res, req->arena, 400, "bad-member", "the member '%.*s' %s",
                BYTES_ARG(shown_name(member)), what);
}

/* The member "party" of `root`, which has no other. */
static const cJSON *find_party(const struct http_request *req, struct http_response *res,
                               const cJSON *root)
{
    const cJSON *found = NULL, *member;
    cJSON_ArrayForEach(member, root)
    {
        bool is_party = strcmp(member->string, "party") == 0;
        if (!is_party || found) {
            refuse_member(req, res, member, is_party);
            return NULL;
        }
        found = member;
    }
    if (!found)
        problem_set(res, req->arena, 400, "bad-member", "the member 'party' is missing");
    return found;
}

bool candidate_read(const struct http_request *req, struct http_response *res, struct bytes *party)
{
    struct json_place place;
    cJSON *root;
    if (req->body.len > LIMIT_CANDIDATE_BYTES) {
        problem_set(res, req->arena, 413, "body-limit",
                    "the body has %zu bytes; that of a candidate may have %d", req->body.len,
                    LIMIT_CANDIDATE_BYTES);
        return false;
    }
    enum rc rc = json_parse(req->arena, req->body, &root, &place);
    if (rc != RC_OK)
        return refuse_body(req, res, rc, &place);
    if (!cJSON_IsObject(root)) {
        problem_set(res, req->arena, 400, "bad-json",
                    "the body must be a JSON object, and it is %s", kind_name(root));
        return false;
    }
    const cJSON *found = find_party(req, res, root);
    if (!found)
        return false;
    *party = json_bytes(found);
    return check_party(req, res, found);
}

void candidate_print(struct text *out, const struct store_item *item)
{
    char created[CLOCK_RFC3339_LEN + 1];
    clock_rfc3339(item->created_ms, created);
    text_append(out, BYTES_LIT("{\"name\":"));
    text_json_string(out, item->name);
    text_append(out, BYTES_LIT(",\"party\":"));
    text_json_string(out, item->value);
    text_printf(out, ",\"created\":\"%s\",\"version\":%llu}", created,
                (unsigned long long)item->version);
}
