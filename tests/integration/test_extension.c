#include <criterion/criterion.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/core/log.h"
#include "runtime/lambda/bootstrap.h"
#include "runtime/server/server_main.h"
#include "runtime/store/store.h"
#include "tests/support/fake_rapi.h"
#include "tests/support/function_rig.h"
#include "tests/support/program.h"

/*
 * A service with a clean-up hook, in both homes, on a fake Runtime API and on the local one. The
 * service is this very program: started with TEST_HOME set, it is a bootstrap or a server and
 * no test.
 */

#define NEXT "GET /2018-06-01/runtime/invocation/next"
#define REGISTER "POST /2020-01-01/extension/register"
#define EVENT_NEXT "GET /2020-01-01/extension/event/next"
#define ALB "{\"requestContext\":{\"elb\":{}},\"httpMethod\":\"GET\",\"path\":\"/hello\"}"
#define SELF "tests/integration/test_extension"

/* --- the service --- */

static void handle_hello(const struct http_request *req, struct http_response *res)
{
    http_response_borrow(res, req->arena, 200, BYTES_LIT("text/plain"), BYTES_LIT("Hello"));
}

static const struct route routes[] = {{HTTP_GET, "/hello", handle_hello, 0}, ROUTES_END};

/* Uses what a hook may use: the disk, the store and the log, which tells last that it is done. */
static void on_stop(struct app *app)
{
    const char *path = getenv("TEST_FILE"), *fifo = getenv("TEST_FIFO");
    FILE *gate = fifo ? fopen(fifo, "re") : NULL; /* waits for a writer, and then for its end */
    while (gate && getc(gate) != EOF) {
        /* what it says is nothing */
    }
    if (gate)
        (void)fclose(gate);
    FILE *file = path ? fopen(path, "we") : NULL;
    if (file) {
        (void)fputs("cleaned up", file);
        (void)fclose(file);
    }
    log_event(LOG_INFO, "the hook", LOG_STR("store", store_kind(app->store)),
              LOG_NUM("isStopping", atomic_load(&app->is_stopping)));
}

__attribute__((constructor)) static void be_the_service(void)
{
    static const struct app_definition definition = {
        .name = "stopping", .version = "1", .routes = routes, .on_stop = on_stop};
    const char *home = getenv("TEST_HOME");
    if (home)
        _exit(strcmp(home, "lambda") == 0 ? duet_bootstrap_main(&definition)
                                          : duet_server_main(&definition, 1, NULL));
}

/* --- on a fake Runtime API --- */

static struct program program = {.out_fd = -1};
static struct fake_rapi *fake;
static struct function_rig rig;
static bool has_rig;

static void teardown(void)
{
    program_release(&program);
    if (fake)
        fake_rapi_free(fake);
    if (has_rig)
        rig_release(&rig);
}

TestSuite(extension, .fini = teardown);

struct platform {
    unsigned register_status;
    unsigned events; /* to be given out */
};

static enum fake_end answer(void *context, size_t index, const struct fake_request *req,
                            struct buf *out)
{
    struct platform *platform = context;
    (void)index;
    if (strcmp(req->target, REGISTER) == 0) {
        fake_rapi_put(out, platform->register_status, "Lambda-Extension-Identifier: ext-1\r\n",
                      BYTES_LIT("{}"));
        return FAKE_KEEP;
    }
    if (strcmp(req->target, EVENT_NEXT) == 0 ||
        (strcmp(req->target, NEXT) == 0 && platform->events == 0))
        return FAKE_HOLD;
    if (strcmp(req->target, NEXT) != 0) {
        fake_rapi_put(out, 202, NULL, BYTES_LIT("{}"));
        return FAKE_KEEP;
    }
    platform->events--;
    fake_rapi_put(out, 200, FAKE_ID("id-1"), BYTES_LIT(ALB));
    return FAKE_KEEP;
}

static void start(struct platform *platform, const char *variable)
{
    char address[64];
    fake = fake_rapi_new(answer, platform, true);
    fake_rapi_set_parallel(fake);
    (void)snprintf(address, sizeof address, "AWS_LAMBDA_RUNTIME_API=%s", fake_rapi_address(fake));
    const char *env[] = {address, "DUET_STORE=memory", "TEST_HOME=lambda", variable, NULL};
    program_start(&program, (const char *const[]){SELF, NULL}, env);
    fake_rapi_start(fake);
}

static const struct fake_request *find(const char *target, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(fake_rapi_request(fake, i)->target, target) == 0)
            return fake_rapi_request(fake, i);
    return NULL;
}

Test(extension, registers_before_the_first_event_and_runs_the_hook_at_sigterm)
{
    static struct platform platform = {.register_status = 200, .events = 1};
    start(&platform, NULL);
    cr_assert(fake_rapi_wait(fake, 5)); /* register, event/next, next, response, next */
    const struct fake_request *first = fake_rapi_request(fake, 0);
    cr_expect_str_eq(first->target, REGISTER);
    cr_expect_str_eq(first->body.ptr, "{\"events\":[]}");
    cr_expect(strstr(first->head, "\r\nLambda-Extension-Name: duet\r\n"), "%s", first->head);
    const struct fake_request *next = find(EVENT_NEXT, 5);
    cr_assert_not_null(next);
    cr_expect(strstr(next->head, "\r\nLambda-Extension-Identifier: ext-1\r\n"), "%s", next->head);
    cr_expect_not_null(find("POST /2018-06-01/runtime/invocation/id-1/response", 5));
    cr_expect_eq(program_stop(&program), 0);
    cr_expect(strstr(program.out.data, "\"message\":\"the hook\""), "%s", program.out.data);
    cr_expect(strstr(program.out.data, "\"store\":\"memory\",\"isStopping\":1"), "%s",
              program.out.data);
}

static const unsigned refusals[] = {403, 500, 202};

Test(extension, a_refused_registration_is_logged_and_events_are_served)
{
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        struct platform platform = {.register_status = refusals[i], .events = 1};
        start(&platform, NULL);
        cr_assert(fake_rapi_wait(fake, 4)); /* register, next, response, next */
        cr_expect_null(find(EVENT_NEXT, 4));
        cr_expect_not_null(find("POST /2018-06-01/runtime/invocation/id-1/response", 4));
        cr_assert(program_wait_for(&program, "not accepted as an extension"));
        cr_expect_eq(program_stop(&program), 0);
        cr_expect(strstr(program.out.data, "the hook"), "%s", program.out.data);
        program_release(&program);
        program = (struct program){.out_fd = -1};
        fake_rapi_free(fake);
        fake = NULL;
    }
}

Test(extension, the_hook_runs_beside_several_pollers)
{
    static struct platform platform = {.register_status = 200};
    start(&platform, "AWS_LAMBDA_MAX_CONCURRENCY=3");
    cr_assert(fake_rapi_wait(fake, 5)); /* register, event/next, three times next */
    cr_expect_str_eq(fake_rapi_request(fake, 0)->target, REGISTER);
    cr_expect_eq(program_stop(&program), 0);
    cr_expect(strstr(program.out.data, "the hook"), "%s", program.out.data);
}

/* Some platforms take the Runtime API away first. The hook is held until the main thread has used
 * up all its tries. */
Test(extension, a_runtime_api_that_goes_with_the_signal_does_not_end_the_hook)
{
    static struct platform platform = {.register_status = 200};
    struct tempdir dir;
    char path[2 * TEMPDIR_PATH_MAX], variable[2 * TEMPDIR_PATH_MAX + 32];
    tempdir_init(&dir);
    cr_assert_eq(mkfifo(tempdir_join(&dir, "", "fifo", path), 0600), 0);
    (void)snprintf(variable, sizeof variable, "TEST_FIFO=%s", path);
    (void)signal(SIGPIPE, SIG_IGN);
    start(&platform, variable);
    cr_assert(fake_rapi_wait(fake, 3));
    cr_assert_eq(kill(program.id, SIGTERM), 0);
    int fd = open(path, O_WRONLY | O_CLOEXEC); /* the hook has begun */
    cr_assert_geq(fd, 0);
    fake_rapi_free(fake);
    fake = NULL;
    cr_assert(program_wait_for_nth(&program, "no invocation from the Runtime API", 8));
    (void)close(fd);
    cr_expect_eq(program_wait(&program), 0);
    cr_expect(strstr(program.out.data, "the hook"), "%s", program.out.data);
    cr_expect_not(strstr(program.out.data, "the Runtime API is lost"), "%s", program.out.data);
    tempdir_release(&dir);
}

/* --- the server home --- */

Test(extension, the_server_runs_the_hook_after_draining)
{
    const char *env[] = {"DUET_STORE=memory",   "TEST_HOME=fargate",  "PORT=0",
                         "DUET_BIND=127.0.0.1", "DUET_LAME_DUCK_S=0", NULL};
    program_start(&program, (const char *const[]){SELF, NULL}, env);
    cr_assert(program_wait_for(&program, "\"listening\""));
    cr_expect_eq(program_stop(&program), 0);
    const char *stopping = strstr(program.out.data, "\"stopping\"");
    const char *hook = strstr(program.out.data, "\"the hook\"");
    cr_assert(stopping && hook && stopping < hook, "%s", program.out.data);
}

Test(extension, a_server_that_cannot_start_runs_no_hook)
{
    const char *env[] = {"DUET_STORE=memory", "TEST_HOME=fargate", "PORT=none", NULL};
    program_start(&program, (const char *const[]){SELF, NULL}, env);
    int status = program_wait(&program);
    cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 1);
    cr_expect_null(strstr(program.out.data, "the hook"));
}

/* --- on the local Lambda --- */

static char file_variable[2 * TEMPDIR_PATH_MAX + 32];

/* The grace is long, so that no busy machine fails the test; a hang would still. */
static void start_function(void)
{
    static const char *env[] = {"DUET_STORE=memory", "TEST_HOME=lambda", file_variable, NULL};
    char path[2 * TEMPDIR_PATH_MAX];
    rig_init(&rig);
    has_rig = true;
    (void)snprintf(file_variable, sizeof file_variable, "TEST_FILE=%s",
                   tempdir_join(&rig.dir, "", "cleaned", path));
    ssize_t len = readlink("/proc/self/exe", rig.program, sizeof rig.program - 1);
    cr_assert_gt(len, 0);
    rig.program[len] = '\0';
    rig.options.env = env;
    rig.options.stop_grace_ms = 30000;
    rig_start(&rig, NULL);
}

static void expect_cleaned_up(void)
{
    char path[2 * TEMPDIR_PATH_MAX], text[32] = "";
    FILE *file = fopen(tempdir_join(&rig.dir, "", "cleaned", path), "re");
    cr_assert_not_null(file, "no hook ran: %s", rig.lines.len ? rig.lines.data : "");
    cr_expect_not_null(fgets(text, sizeof text, file));
    (void)fclose(file);
    cr_expect_str_eq(text, "cleaned up");
    cr_assert_eq(unlink(path), 0);
}

Test(extension, a_sandbox_with_a_hook_is_given_time_for_it)
{
    start_function();
    struct rig_result *result = rig_run(&rig, ALB);
    cr_assert_eq(result->outcome, FUNCTION_OK, "%s", result->payload);
    rig_wait_idle(&rig);
    function_replace(rig.function);
    rig_wait_line(&rig, "the hook");
    expect_cleaned_up();
    cr_expect_eq(rig_run(&rig, ALB)->outcome, FUNCTION_OK, "the next call has a new one");
}

Test(extension, the_end_of_the_function_waits_for_the_hooks)
{
    start_function();
    (void)rig_run(&rig, ALB);
    rig_wait_idle(&rig);
    function_free(rig.function);
    rig.function = NULL;
    expect_cleaned_up();
    cr_expect_eq(rig_count_lines(&rig, "the hook"), 1u);
}
