#include <criterion/criterion.h>
#include <stdio.h>
#include <unistd.h>

#include "runtime/functions/code_store.h"
#include "runtime/functions/registry_state.h"
#include "tests/support/tempdir.h"

/* Functions as text and back, and the packages that the text refers to. */

static struct loop loop;
static struct tempdir dir;
static struct code *program;
static struct settings given;
static struct registry_source source;
static char error[512];
static int found;

#define SHA "ypeBEsobvcr6wjGzmiPcTaeG7/gUfE5yuYB3ha/uSLs=" /* of "a" */

static struct registry *make(void)
{
    const struct registry_options options = {.loop = &loop, .concurrency = 10};
    struct registry *registry = registry_new(&options);
    cr_assert_not_null(registry);
    return registry;
}

/* A package in a folder of its own, which goes with the last reference. */
static struct code *find(void *context, const char *sha256, bool is_layer, char *why,
                         size_t why_len)
{
    char folder[2 * TEMPDIR_PATH_MAX], name[16];
    (void)context;
    (void)is_layer;
    if (strcmp(sha256, SHA) != 0) {
        (void)snprintf(why, why_len, "is not to be had");
        return NULL;
    }
    (void)snprintf(name, sizeof name, "code%d", found++);
    return code_of_folder(tempdir_join(&dir, "", name, folder), sha256, 1);
}

static void setup(void)
{
    static const char *const env[] = {"FROM=rig", NULL};
    tempdir_init(&dir);
    cr_assert_eq(loop_init(&loop), RC_OK);
    program = code_of_program("/bin/sh", error, sizeof error);
    cr_assert_not_null(program, "%s", error);
    settings_init(&given);
    given.env = env;
    source = (struct registry_source){program, &given, find, NULL};
    found = 0;
}

static void teardown(void)
{
    code_unref(program);
    loop_release(&loop);
    tempdir_release(&dir);
}

TestSuite(registry_state, .init = setup, .fini = teardown);

static void print(struct registry *registry, struct buf *out)
{
    buf_init(out, 1 << 20);
    registry_state_print(registry, out);
    cr_assert(!out->failed);
}

/* Two functions: the rig's own, and one with packages, versions that were deleted, and all else. */
static void fill(struct registry *registry)
{
    static const char *const env[] = {"QUOTED=\"ä\"", "B=", NULL};
    struct settings settings = given;
    struct code *code = find(NULL, SHA, false, error, sizeof error);
    struct registry_function *own = registry_create(registry, BYTES_LIT("own"), program, &settings);
    cr_assert(own && code);
    own->versions->has_given_settings = true;
    cr_assert_not_null(registry_publish(own, BYTES_LIT("")));
    settings.env = env;
    settings.memory_mb = 256;
    struct registry_function *other =
        registry_create(registry, BYTES_LIT("other"), program, &settings);
    cr_assert(other && registry_publish(other, BYTES_LIT("")));
    cr_assert(registry_update(other, code, NULL) && registry_publish(other, BYTES_LIT("second")));
    settings.timeout_s = 7;
    cr_assert(registry_update(other, NULL, &settings) && registry_publish(other, BYTES_LIT("")));
    registry_version_delete(registry_version_find(other, 3));
    other->reserved = 0;
    struct registry_alias alias = {.name = "live", .version = 2, .other = 1, .other_weight = 0.25};
    cr_assert_not_null(registry_alias_add(other, &alias));
    struct registry_statement statement = {.id = "s", .qualifier = "live", .action = "lambda:*"};
    cr_assert(registry_statement_add(other, &statement));
    code_unref(code);
}

Test(registry_state, what_is_printed_is_parsed_and_numbers_go_on)
{
    struct buf first, second;
    struct registry *from = make(), *to = make();
    fill(from);
    print(from, &first);
    cr_assert(registry_state_parse(to, buf_bytes(&first), &source, error, sizeof error), "%s",
              error);
    print(to, &second);
    cr_expect(bytes_eq(buf_bytes(&first), buf_bytes(&second)), "%.*s\n%.*s",
              BYTES_ARG(buf_bytes(&first)), BYTES_ARG(buf_bytes(&second)));
    cr_expect_eq(found, 2, "a package is asked for once: %d", found);
    struct registry_function *other = registry_find(to, BYTES_LIT("other"));
    const struct registry_version *next = registry_publish(other, BYTES_LIT("again"));
    cr_assert_not_null(next);
    cr_expect_eq(next->number, 4);
    registry_free(from);
    registry_free(to);
    buf_release(&first);
    buf_release(&second);
}

Test(registry_state, what_is_the_rigs_own_is_the_new_rigs)
{
    struct buf text;
    struct registry *from = make(), *to = make();
    fill(from);
    print(from, &text);
    given.memory_mb = 1024;
    cr_assert(registry_state_parse(to, buf_bytes(&text), &source, error, sizeof error));
    const struct registry_function *own = registry_find(to, BYTES_LIT("own"));
    const struct registry_function *other = registry_find(to, BYTES_LIT("other"));
    cr_expect_eq(own->versions->settings.memory_mb, 1024);
    cr_expect_eq(own->versions->next->settings.memory_mb, 1024);
    cr_expect_eq(other->versions->settings.memory_mb, 256);
    cr_expect_eq(own->versions->code, program);
    registry_free(from);
    registry_free(to);
    buf_release(&text);
}

/* Of the layer's three versions the second is deleted, and the first too, which a function has. */
static void fill_layers(struct registry *registry)
{
    static const char *const arns[] = {"arn:aws:lambda:us-east-1:000000000000:layer:tools:1", NULL};
    struct settings settings = given;
    struct code *code = find(NULL, SHA, true, error, sizeof error);
    struct layer *layer = layers_have(registry_layers(registry), BYTES_LIT("tools"));
    cr_assert(code && layer);
    for (unsigned i = 1; i <= 3; i++)
        cr_assert_not_null(layer_add(layer, i, code));
    memcpy(layer->versions->description, "\"3\"", sizeof "\"3\"");
    layer_version_find(layer, 1)->is_deleted = layer_version_find(layer, 2)->is_deleted = true;
    settings.layers = arns;
    cr_assert_not_null(registry_create(registry, BYTES_LIT("has"), program, &settings));
    code_unref(code);
}

Test(registry_state, layers_are_kept_with_the_deleted_ones_that_a_function_has)
{
    struct buf first, second;
    struct registry *from = make(), *to = make();
    fill_layers(from);
    print(from, &first);
    cr_assert(registry_state_parse(to, buf_bytes(&first), &source, error, sizeof error), "%s",
              error);
    print(to, &second);
    cr_expect(bytes_eq(buf_bytes(&first), buf_bytes(&second)), "%.*s\n%.*s",
              BYTES_ARG(buf_bytes(&first)), BYTES_ARG(buf_bytes(&second)));
    const struct layer *layer = layers_find(registry_layers(to), BYTES_LIT("tools"));
    cr_assert_not_null(layer);
    cr_expect_eq(layer->published, 3);
    cr_expect_eq(layer->versions->number, 3);
    cr_expect_eq(layer->versions->next->number, 1);
    cr_expect_null(layer->versions->next->next);
    cr_expect_null(layer_version_find(layer, 1));
    cr_expect_str_eq(registry_find(to, BYTES_LIT("has"))->versions->settings.layers[0],
                     layer->versions->next->arn);
    registry_free(from);
    registry_free(to);
    buf_release(&first);
    buf_release(&second);
}

Test(registry_state, a_layer_that_is_not_there_is_named)
{
    struct buf text;
    struct registry *from = make(), *to = make();
    fill_layers(from);
    print(from, &text);
    buf_append_char(&text, '\0');
    memcpy(strstr(text.data, "\"number\":1"), "\"number\":2", strlen("\"number\":2"));
    cr_expect_not(
        registry_state_parse(to, bytes_from_str(text.data), &source, error, sizeof error));
    cr_expect(strcmp(error, "'arn:aws:lambda:us-east-1:000000000000:layer:tools:1' is no layer's "
                            "version") == 0,
              "%s", error);
    registry_free(from);
    registry_free(to);
    buf_release(&text);
}

static void refuse(const char *from, const char *to, const char *wrong)
{
    struct buf text, changed;
    struct registry *registry = make(), *empty = make();
    fill(registry);
    print(registry, &text);
    buf_append_char(&text, '\0');
    const char *at = strstr(text.data, from);
    cr_assert_not_null(at, "no %s in %s", from, text.data);
    buf_init(&changed, 1 << 20);
    buf_printf(&changed, "%.*s%s%s", (int)(at - text.data), text.data, to, at + strlen(from));
    error[0] = '\0';
    cr_expect(!registry_state_parse(empty, buf_bytes(&changed), &source, error, sizeof error), "%s",
              to);
    cr_expect(strcmp(error, wrong) == 0, "%s: %s", to, error);
    registry_free(registry);
    registry_free(empty);
    buf_release(&text);
    buf_release(&changed);
}

Test(registry_state, a_damaged_text_is_refused)
{
    refuse("\"name\":\"own\"", "\"name\":\"other\"",
           "'other' is no function's name, or there twice");
    refuse("\"name\":\"own\"", "\"name\":\"o/n\"", "'o/n' is no function's name, or there twice");
    refuse("\"number\":2", "\"number\":1", "'number' is no number that it may be");
    refuse("\"number\":0", "\"number\":1", "'number' is no number that it may be");
    refuse(SHA, "AAAA", "'code' is not to be had");
    refuse("\"env\":[", "\"env\":[7,", "'env' has what is no text, or too many");
    refuse("\"memoryMb\":256", "\"memoryMb\":1", "'memoryMb' is no number that it may be");
    refuse("\"version\":2", "\"version\":3", "'live' is an alias of a version that is not there");
    refuse("\"policy\":[", "\"politics\":[", "'policy' is missing");
    refuse("{\"version\":1", "{\"version\":2", "version 2 is unknown");
}

/* --- packages --- */

Test(registry_state, a_package_is_kept_once_and_a_damaged_one_is_named)
{
    char zip[2 * TEMPDIR_PATH_MAX], store[2 * TEMPDIR_PATH_MAX], kept[2 * TEMPDIR_PATH_MAX];
    static const char name[] =
        "store/ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb.zip";
    tempdir_write(tempdir_join(&dir, "", "zip", zip), "a");
    (void)tempdir_join(&dir, "", "store", store);
    (void)tempdir_join(&dir, "", name, kept);
    cr_assert(code_store_put(store, zip, SHA, error, sizeof error), "%s", error);
    cr_assert(code_store_put(store, zip, SHA, error, sizeof error), "%s", error);
    cr_expect_eq(access(kept, F_OK), 0);
    cr_expect(!code_store_take(store, SHA, false, dir.path, error, sizeof error));
    cr_expect_not_null(strstr(error, "Could not unzip uploaded file"), "%s", error);
    tempdir_write(kept, "b");
    cr_expect(!code_store_take(store, SHA, false, dir.path, error, sizeof error));
    cr_expect_not_null(strstr(error, "8bb.zip: it is damaged: its SHA-256 is another"), "%s",
                       error);
    cr_assert(code_store_put(store, zip, SHA, error, sizeof error), "%s", error);
    cr_expect(!code_store_take(store, SHA, false, dir.path, error, sizeof error));
    cr_expect_not_null(strstr(error, "Could not unzip uploaded file"), "%s", error);
    struct registry *registry = make();
    code_store_sweep(store, registry);
    cr_expect_neq(access(kept, F_OK), 0, "nobody has it");
    registry_free(registry);
    cr_expect(!code_store_take(store, SHA, false, dir.path, error, sizeof error));
    cr_expect_not_null(strstr(error, "8bb.zip: No such file"), "%s", error);
    cr_expect(!code_store_take(store, "x/../y", false, dir.path, error, sizeof error));
}
