#include <criterion/criterion.h>
#include <criterion/parameterized.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/fuzz/fuzz.h"
#include "tests/support/data.h"
#include "tests/support/guard.h"
#include "tests/support/http1_files.h"

/* The inputs that `make fuzz` has kept, through the same targets, without libFuzzer: each ends at
 * an unreadable page. */

struct row {
    const char *name;
    fuzz_target_fn *target;
};

static const struct row rows[] = {
    {"fuzz_alb", fuzz_alb},
    {"fuzz_alb_answer", fuzz_alb_answer},
    {"fuzz_apigw_v1", fuzz_apigw_v1},
    {"fuzz_apigw_v2", fuzz_apigw_v2},
    {"fuzz_aws_error", fuzz_aws_error},
    {"fuzz_aws_profile", fuzz_aws_profile},
    {"fuzz_base64", fuzz_base64},
    {"fuzz_cbor", fuzz_cbor},
    {"fuzz_desync", fuzz_desync},
    {"fuzz_event", fuzz_event},
    {"fuzz_http1_request", fuzz_http1_request},
    {"fuzz_http1_response", fuzz_http1_response},
    {"fuzz_json", fuzz_json},
    {"fuzz_query", fuzz_query},
};

static void run_file(const struct row *row, const char *name)
{
    char path[512];
    (void)snprintf(path, sizeof path, "../fuzz/corpus/%s/%s", row->name, name);
    struct bytes text = data_read(path);
    struct guard input = guard_new(text);
    row->target(input.view);
    guard_free(&input);
    free((void *)(uintptr_t)text.ptr);
}

/* Parameterised, so that an input that crashes is seen beside the others. */
ParameterizedTestParameters(fuzz_corpus, every_kept_input_holds)
{
    static size_t index[sizeof rows / sizeof *rows];
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        index[i] = i;
    return cr_make_param_array(size_t, index, sizeof rows / sizeof *rows);
}

ParameterizedTest(size_t *at, fuzz_corpus, every_kept_input_holds)
{
    const struct row *row = &rows[*at];
    char folder[128];
    size_t count = 0;
    (void)snprintf(folder, sizeof folder, "tests/fuzz/corpus/%s", row->name);
    DIR *dir = opendir(folder);
    cr_assert(dir, "%s", folder);
    for (struct dirent *entry; (entry = readdir(dir));)
        if (entry->d_name[0] != '.') {
            run_file(row, entry->d_name);
            count++;
        }
    (void)closedir(dir);
    cr_expect_gt(count, 0u, "%s", folder);
}

/* What `make fuzz` starts from besides: the claims of the target hold for each. */
Test(fuzz_corpus, every_request_of_the_data_holds)
{
    size_t count;
    const struct http1_file *files = http1_files(&count);
    for (size_t i = 0; i < count; i++) {
        struct guard input = guard_new(files[i].text);
        fuzz_http1_request(input.view);
        guard_free(&input);
    }
}
