/*
 * https_get — one GET by the libraries of the release build: names, TLS and certificates work
 * there.
 *
 *   https_get URL
 *
 * Prints the body. Exit status: 0 a body came, 1 libcurl says why not on stderr, 2 bad usage.
 */
#include <curl/curl.h>
#include <stdio.h>

int main(int argc, char **argv)
{
    char error[CURL_ERROR_SIZE] = "";
    if (argc != 2) {
        (void)fputs("usage: https_get URL\n", stderr);
        return 2;
    }
    CURL *curl = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK ? curl_easy_init() : NULL;
    if (!curl)
        return 1;
    (void)curl_easy_setopt(curl, CURLOPT_URL, argv[1]);
    (void)curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, error);
    (void)curl_easy_setopt(curl, CURLOPT_FAILONERROR, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_TIMEOUT, 60L);
    CURLcode code = curl_easy_perform(curl);
    if (code != CURLE_OK)
        (void)fprintf(stderr, "%s: %s (%s)\n", argv[1], curl_easy_strerror(code), error);
    curl_easy_cleanup(curl);
    curl_global_cleanup();
    return code == CURLE_OK ? 0 : 1;
}
