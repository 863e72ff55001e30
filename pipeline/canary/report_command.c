#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "pipeline/canary/recording_file.h"
#include "pipeline/canary/report.h"
#include "runtime/core/limits.h"

enum { EXIT_CANNOT_WRITE = 1, EXIT_USAGE = 2 };

static const char usage[] = "usage: duet canary report RECORDING [--svg FILE]\n"
                            "\n"
                            "Prints a recorded run as Markdown, for a job's summary; - is stdin.\n"
                            "\n"
                            "  --svg FILE   writes its picture too\n";

typedef enum rc make_fn(struct bytes recording, struct buf *out, char error[RECORDING_ERROR_BYTES]);

/* Makes one of both and writes it to `path`; NULL is stdout. Returns the exit status. */
static int write_one(make_fn *make, struct bytes recording, const char *path)
{
    char error[RECORDING_ERROR_BYTES] = "no memory";
    struct buf out;
    buf_init(&out, LIMIT_CANARY_RECORDING_BYTES);
    FILE *stream = NULL;
    int status = 0;
    if (make(recording, &out, error) != RC_OK || out.failed) {
        (void)fprintf(stderr, "duet canary report: %s\n", error);
        status = EXIT_USAGE;
        goto out;
    }
    stream = path ? fopen(path, "we") : stdout;
    bool is_written = stream && fwrite(out.data, 1, out.len, stream) == out.len;
    if (stream && (path ? fclose(stream) : fflush(stream)) != 0)
        is_written = false;
    if (!is_written) {
        (void)fprintf(stderr, "duet canary report: cannot write '%s': %s\n", path ? path : "stdout",
                      strerror(errno));
        status = EXIT_CANNOT_WRITE;
    }
out:
    buf_release(&out);
    return status;
}

int canary_report(int argc, char **argv)
{
    static const struct option options[] = {{"svg", required_argument, NULL, 's'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    const char *svg = NULL;
    struct buf text;
    int option, status = EXIT_USAGE;
    optind = 0;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option == 'h') {
            (void)fputs(usage, stdout);
            return 0;
        }
        if (option == '?')
            return EXIT_USAGE;
        svg = optarg;
    }
    if (optind + 1 != argc) {
        (void)fputs(usage, stderr);
        return EXIT_USAGE;
    }
    if (recording_file_read("report", argv[optind], &text))
        status = write_one(report_markdown, buf_bytes(&text), NULL);
    if (status == 0 && svg)
        status = write_one(report_svg, buf_bytes(&text), svg);
    buf_release(&text);
    return status;
}
