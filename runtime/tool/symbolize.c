#include <errno.h>
#include <getopt.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>

#include "runtime/core/buf.h"
#include "runtime/core/limits.h"
#include "runtime/tool/addr2line.h"
#include "runtime/tool/build_id.h"
#include "runtime/tool/crash_record.h"
#include "runtime/tool/places.h"
#include "runtime/tool/tool.h"

enum { OPT_HELP = 256, OPT_DEBUG, FILES_MAX = 64, ERROR_MAX = 512, OUTPUT_MAX = 1 << 20 };

static const char usage[] =
    "usage: duet symbolize [options] LOG\n"
    "\n"
    "Prints the functions and lines of each crash that a home has written to its log; - is stdin.\n"
    "\n"
    "  --debug FILE   the program, or the file of its symbols; may be given again (bootstrap and\n"
    "                 server beside duet, and *.debug there)\n"
    "  --help\n"
    "\n"
    "Which file is the right one, its build id says. Exit status: 0; 1 the log has no crash, or\n"
    "one that no file belongs to; 2 bad usage, or a log that cannot be read.\n";

static const struct option options[] = {
    {"debug", required_argument, NULL, OPT_DEBUG},
    {"help", no_argument, NULL, OPT_HELP},
    {NULL, 0, NULL, 0},
};

struct symbolizer {
    struct arena arena;
    const char *files[FILES_MAX];
    size_t file_count;
    size_t crash_count;
    bool has_failed;
};

static void complain(struct symbolizer *self, const char *format, ...) PRINTF_LIKE(2, 3);

static void complain(struct symbolizer *self, const char *format, ...)
{
    va_list args;
    (void)fputs("duet symbolize: ", stderr);
    va_start(args, format);
    (void)vfprintf(stderr, format, args);
    va_end(args);
    (void)fputc('\n', stderr);
    self->has_failed = true;
}

/* --- files --- */

static void add_file(struct symbolizer *self, const char *path)
{
    struct bytes kept;
    if (self->file_count < FILES_MAX &&
        arena_dup(&self->arena, bytes_from_str(path), &kept) == RC_OK)
        self->files[self->file_count++] = kept.ptr;
}

/* Files of symbols come first: a program beside them may have been stripped of its own. */
static void add_default_files(struct symbolizer *self)
{
    static const char *const names[] = {"bootstrap", "server"};
    const char *program = places_program(&self->arena, names[0]);
    const char *slash = program ? strrchr(program, '/') : NULL;
    struct bytes pattern;
    glob_t found = {.gl_pathc = 0};
    if (slash &&
        arena_printf(&self->arena, &pattern, "%.*s*.debug", (int)(slash + 1 - program), program) ==
            RC_OK &&
        glob(pattern.ptr, 0, NULL, &found) == 0)
        for (size_t i = 0; i < found.gl_pathc; i++)
            add_file(self, found.gl_pathv[i]);
    globfree(&found);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        program = places_program(&self->arena, names[i]);
        if (program)
            add_file(self, program);
    }
}

static const char *find_file(const struct symbolizer *self, struct bytes build_id)
{
    char text[BUILD_ID_TEXT_MAX];
    for (size_t i = 0; i < self->file_count; i++)
        if (!build_id_read(self->files[i], text) && bytes_eq(bytes_from_str(text), build_id))
            return self->files[i];
    return NULL;
}

static void complain_of_files(struct symbolizer *self, struct bytes build_id)
{
    char text[BUILD_ID_TEXT_MAX];
    complain(self, "no file has the build id %.*s of this crash:", BYTES_ARG(build_id));
    for (size_t i = 0; i < self->file_count; i++) {
        const char *error = build_id_read(self->files[i], text);
        (void)fprintf(stderr, "  %s: %s\n", self->files[i], error ? error : text);
    }
}

/* --- one crash --- */

static struct bytes take_line(struct bytes *text)
{
    size_t len = bytes_find(*text, '\n');
    struct bytes line = bytes_make(text->ptr, len);
    *text = bytes_skip(*text, len < text->len ? len + 1 : len);
    return line;
}

/* Prints the pairs of one address: the function, and those that it is inlined into. */
static void print_frame(struct bytes *lines, size_t index, uintptr_t address)
{
    const char *what = "";
    (void)take_line(lines);
    while (lines->len && !bytes_starts_with(*lines, BYTES_LIT("0x"))) {
        struct bytes function = take_line(lines), place = take_line(lines);
        if (bytes_eq(function, BYTES_LIT("??")))
            (void)printf("  #%-2zu 0x%llx, in no function of this file\n", index,
                         (unsigned long long)address);
        else
            (void)printf("  #%-2zu %s%.*s  %.*s\n", index, what, BYTES_ARG(function),
                         BYTES_ARG(place));
        what = "inlined into ";
    }
}

/* A return address is behind its call, which may have been the last of its line, or of its
 * function: the byte in front of it belongs to the call. */
static void symbolize(struct symbolizer *self, const struct crash_record *record, const char *file)
{
    uintptr_t addresses[BACKTRACE_MAX];
    char error[ERROR_MAX];
    struct buf out;
    for (size_t i = 0; i < record->address_count; i++)
        addresses[i] = record->addresses[i] - record->base - (i > 0);
    buf_init(&out, OUTPUT_MAX);
    if (addr2line_run(file, addresses, record->address_count, &out, error, sizeof error)) {
        struct bytes lines = buf_bytes(&out);
        for (size_t i = 0; i < record->address_count; i++)
            print_frame(&lines, i, record->addresses[i]);
    } else {
        complain(self, "%s", error);
    }
    buf_release(&out);
}

static void take_crash(struct symbolizer *self, const struct crash_record *record)
{
    self->crash_count++;
    const char *file = find_file(self, record->build_id);
    (void)printf("%.*s %.*s%s%.*s\n", BYTES_ARG(record->timestamp), BYTES_ARG(record->message),
                 record->request_id.len ? ", request " : "", BYTES_ARG(record->request_id));
    if (!file) {
        (void)fflush(stdout);
        complain_of_files(self, record->build_id);
        return;
    }
    (void)printf("  %s\n", file);
    symbolize(self, record, file);
}

/* --- the command --- */

static bool read_log(struct symbolizer *self, FILE *log)
{
    char *line = NULL;
    size_t cap = 0;
    ssize_t len;
    struct arena arena;
    struct crash_record record;
    arena_init(&arena, LIMIT_REQUEST_ARENA_BYTES);
    while ((len = getline(&line, &cap, log)) > 0) {
        if (crash_record_read(bytes_make(line, (size_t)len), &arena, &record))
            take_crash(self, &record);
        arena_reset(&arena);
    }
    arena_release(&arena);
    free(line);
    return !ferror(log);
}

static int run_log(struct symbolizer *self, const char *path)
{
    FILE *log = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
    if (!log || !read_log(self, log)) {
        (void)fprintf(stderr, "duet symbolize: cannot read '%s': %s\n", path, strerror(errno));
        if (log && log != stdin)
            (void)fclose(log);
        return 2;
    }
    if (log != stdin)
        (void)fclose(log);
    if (self->crash_count == 0)
        complain(self, "'%s' has no line of a crash", path);
    return self->has_failed ? 1 : 0;
}

static int run(struct symbolizer *self, int argc, char **argv)
{
    int id;
    optind = 1;
    while ((id = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (id == OPT_HELP) {
            (void)fputs(usage, stdout);
            return 0;
        }
        if (id != OPT_DEBUG) {
            (void)fputs("duet symbolize: see duet symbolize --help\n", stderr);
            return 2;
        }
        add_file(self, optarg);
    }
    if (optind != argc - 1) {
        (void)fputs("duet symbolize: one log is needed; see duet symbolize --help\n", stderr);
        return 2;
    }
    if (self->file_count == 0)
        add_default_files(self);
    return run_log(self, argv[optind]);
}

int tool_symbolize(int argc, char **argv)
{
    struct symbolizer self = {.file_count = 0};
    arena_init(&self.arena, LIMIT_REQUEST_ARENA_BYTES);
    int status = run(&self, argc, argv);
    arena_release(&self.arena);
    return status;
}
