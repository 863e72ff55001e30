#include <criterion/criterion.h>

#include "runtime/aws/error.h"
#include "runtime/aws/xml.h"
#include "runtime/core/text.h"
#include "tests/support/guard.h"

/* What services say when they refuse, and the XML that some of them say it in. */

static struct arena arena;

static void setup(void)
{
    arena_init(&arena, 1 << 20);
}

static void teardown(void)
{
    arena_release(&arena);
}

TestSuite(aws_error, .init = setup, .fini = teardown);

struct row {
    const char *name, *type, *body, *code, *message, *request_id;
};

static const struct row rows[] = {
    {"JSON 1.0", "",
     "{\"__type\":\"com.amazonaws.dynamodb.v20120810#ResourceNotFoundException\","
     "\"message\":\"no table\"}",
     "ResourceNotFoundException", "no table", ""},
    {"large M", "", "{\"__type\":\"AccessDeniedException\",\"Message\":\"no\"}",
     "AccessDeniedException", "no", ""},
    {"REST JSON", "InvalidParameterValueException:http://internal.amazon.com/x",
     "{\"message\":\"bad\"}", "InvalidParameterValueException", "bad", ""},
    {"code in the body", "", "{\"code\":\"Throttling\",\"message\":null}", "Throttling", "", ""},
    {"Query", "",
     "<?xml version=\"1.0\"?>\n<ErrorResponse xmlns=\"http://elasticloadbalancing.amazonaws.com/"
     "doc/2015-12-01/\">\n  <Error>\n    <Type>Sender</Type>\n    <Code>ValidationError</Code>\n"
     "    <Message>'weight' &lt; 0 &#38; worse &#x263a;</Message>\n  </Error>\n"
     "  <RequestId>r-1</RequestId>\n</ErrorResponse>",
     "ValidationError", "'weight' < 0 & worse \xe2\x98\xba", "r-1"},
    {"EC2", "",
     "<Response><Errors><Error><Code>AuthFailure</Code><Message>m</Message></Error></Errors>"
     "<RequestID>r-2</RequestID></Response>",
     "AuthFailure", "m", "r-2"},
    {"empty", "", "", "UnknownError", "status 400", ""},
    {"a page", "", "<html><body><p>Bad gateway</p>", "UnknownError",
     "status 400: <html><body><p>Bad gateway</p>", ""},
    {"half JSON", "", "{\"__type\":\"X", "UnknownError", "status 400: {\"__type\":\"X", ""},
    {"another JSON", "", "{\"__type\":7}", "UnknownError", "status 400: {\"__type\":7}", ""},
};

static void expect(const char *name, struct bytes got, const char *wanted)
{
    cr_expect(bytes_eq(got, bytes_from_str(wanted)), "%s: '%.*s' instead of '%s'", name,
              BYTES_ARG(got), wanted);
}

Test(aws_error, reads_what_services_say)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct guard body = guard_new(bytes_from_str(rows[i].body));
        struct aws_error error =
            aws_error_read(&arena, 400, bytes_from_str(rows[i].type), body.view);
        expect(rows[i].name, error.code, rows[i].code);
        expect(rows[i].name, error.message, rows[i].message);
        expect(rows[i].name, error.request_id, rows[i].request_id);
        guard_free(&body);
    }
}

Test(aws_error, says_less_without_memory)
{
    struct arena none;
    arena_init(&none, 0);
    struct aws_error error = aws_error_read(&none, 500, BYTES_LIT(""), BYTES_LIT("{}"));
    expect("no memory", error.code, "UnknownError");
    arena_release(&none);
}

/* All items as one line: "+name", "-name", "'text'". */
static enum rc walk(const char *xml, struct text *out)
{
    struct guard guard = guard_new(bytes_from_str(xml));
    struct xml_reader reader = xml_reader_make(guard.view);
    struct xml_item item;
    enum rc rc;
    text_init(out, &arena);
    while ((rc = xml_next(&reader, &arena, &item)) == RC_OK && item.kind != XML_END_OF_TEXT) {
        if (item.kind == XML_TEXT)
            text_printf(out, "'%.*s'", BYTES_ARG(item.text));
        else
            text_printf(out, "%c%.*s", item.kind == XML_OPEN ? '+' : '-', BYTES_ARG(item.name));
    }
    guard_free(&guard);
    return rc;
}

Test(aws_error, walks_through_xml)
{
    static const struct {
        const char *xml, *items;
    } good[] = {
        {"<a/>", "+a-a"},
        {"\xef\xbb\xbf<?xml version='1.0'?>\n<!-- <x> --><a b=\"1>2\" c='/'>t<b/>u</a> \n",
         "+a't'+b-b'u'-a"},
        {"<a ><b\n/></a >", "+a+b-b-a"},
        {"<a><![CDATA[<&]]>]]></a>", "+a'<&'']]>'-a"},
        {"<a>&lt;&gt;&amp;&quot;&apos;&#10;&#x10FFFF;</a>", "+a'<>&\"'\n\xf4\x8f\xbf\xbf'-a"},
    };
    struct text out;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        cr_expect_eq(walk(good[i].xml, &out), RC_OK, "%s", good[i].xml);
        expect(good[i].xml, text_bytes(&out), good[i].items);
    }
}

Test(aws_error, refuses_what_is_no_xml)
{
    static const char *const bad[] = {"",
                                      "text",
                                      "<a>",
                                      "<a></b>",
                                      "</a>",
                                      "<a/><b/>",
                                      "<a b></a>",
                                      "<a b=c></a>",
                                      "<a b='c></a>",
                                      "<a>&lt</a>",
                                      "<a",
                                      "<a><",
                                      "<>",
                                      "<a/>x",
                                      "<a>&#0;</a>",
                                      "<a>&#xd800;</a>",
                                      "<a>&#x110000;</a>",
                                      "<!-- <a/>",
                                      "<a>&#1x;</a>",
                                      "<a><![CDATA[</a>",
                                      "<? <a/>",
                                      "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"};
    struct text out;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        cr_expect_eq(walk(bad[i], &out), RC_SYNTAX, "%s", bad[i]);
    cr_expect_eq(walk("<a>&nbsp;</a>", &out), RC_UNSUPPORTED);
}

Test(aws_error, refuses_xml_that_is_too_deep)
{
    struct text xml, out;
    text_init(&xml, &arena);
    for (size_t i = 0; i <= XML_DEPTH; i++)
        text_append(&xml, BYTES_LIT("<a>"));
    text_append(&xml, bytes_make("", 1));
    cr_expect_eq(walk(xml.data, &out), RC_UNSUPPORTED);
}
