#include "unit.h"

#include "base/xml.h"

struct row {
    const char *document, *value; /* the text of the first <k>; NULL: none, or broken */
};

static void check(const struct row *rows, size_t count,
                  bool (*look)(struct text, const char *, struct text *))
{
    for (size_t i = 0; i < count; i++) {
        CLEAN(buf) struct buf out = BUF(1000);
        struct text inside;
        bool found = look(text_from(rows[i].document), "k", &inside) && xml_decode(inside, &out);
        check_row(found == (rows[i].value != NULL), rows[i].document);
        check_row(!found || strcmp(buf_text(&out), rows[i].value) == 0, rows[i].document);
    }
}

static void R8_finds_elements_whatever_stands_around_them(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"<k>v</k>", "v"},
        {"<?xml version=\"1.0\"?>\n<!-- <k>no</k> --><a><b x='<k>'/><k>v</k></a>", "v"},
        {"<a xmlns=\"https://x/\"><k\n y = \"a>b\" z='/'>v</k ></a>", "v"},
        {"<n:a><n:k>v</n:k></n:a>", "v"},
        {"<a><k/></a>", ""},
        {"<a><k></k></a>", ""},
        {"<a><kk>no</kk><k>v</k></a>", "v"},
        {"<a><![CDATA[<k>no</k>]]><k>v</k></a>", "v"},
        {"<a></a><k>v</k>", "v"},
        {"<b><c><k>1</k></c></b><k>2</k>", "1"},
        {"<a>k</a>", NULL},
        {"", NULL},
        {"k", NULL},
        {"<k>v", NULL},
        {"<k>v</a>", NULL},
        {"<k", NULL},
        {"<k x='>v</k>", NULL},
        {"<!DOCTYPE k [<!ENTITY e 'v'>]><k>v</k>", NULL},
        {"<!-- <k>v</k>", NULL},
        {"</k><k>v</k>", NULL},
        {"<a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><k>v</k></a></a></a></a></a></a></a></a></a>"
         "</a></a></a></a></a></a>",
         "v"},
        {"<a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><k>v</k></a></a></a></a></a></a></a></a>"
         "</a></a></a></a></a></a></a></a>",
         NULL},
    };
    check(rows, sizeof(rows) / sizeof(rows[0]), xml_find);
}

static void child_looks_at_the_outermost_only(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"<b><k>1</k></b><k>2</k>", "2"},
        {"<b><k>1</k></b>", NULL},
        {"<k><k>1</k></k>", NULL},
    };
    check(rows, sizeof(rows) / sizeof(rows[0]), xml_child);
}

static void R8_decodes_entities_and_cdata(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"<k>a&lt;&gt;&amp;&quot;&apos;z</k>", "a<>&\"'z"},
        {"<k>&#65;&#x42;&#xe9;&#8364;&#x1F600;</k>", "AB\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"},
        {"<k>a<![CDATA[<&amp;]]]>b]]>c</k>", "a<&amp;]b]]>c"},
        {"<k>a<!-- x -->b</k>", "ab"},
        {"<k><![CDATA[]]></k>", ""},
        {"<k>&nbsp;</k>", NULL},
        {"<k>&#0;</k>", NULL},
        {"<k>&#xd800;</k>", NULL},
        {"<k>&#x110000;</k>", NULL},
        {"<k>&#99999999999999999999;</k>", NULL},
        {"<k>&#;</k>", NULL},
        {"<k>&#x;</k>", NULL},
        {"<k>&amp</k>", NULL},
        {"<k>a<b>c</b></k>", NULL},
    };
    check(rows, sizeof(rows) / sizeof(rows[0]), xml_find);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(R8_finds_elements_whatever_stands_around_them),
        cmocka_unit_test(child_looks_at_the_outermost_only),
        cmocka_unit_test(R8_decodes_entities_and_cdata),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
