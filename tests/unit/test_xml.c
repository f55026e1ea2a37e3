#include "unit.h"

#include "base/xml.h"

struct row {
    const char *document, *value; /* the text of the first <k>; NULL: none, or broken */
};

static void check(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        CLEAN(buf) struct buf out = BUF(1000);
        struct text inside;
        bool found =
            xml_find(text_from(rows[i].document), "k", &inside) && xml_decode(inside, &out);
        check_row(found == (rows[i].value != NULL), rows[i].document);
        check_row(!found || strcmp(buf_text(&out), rows[i].value) == 0, rows[i].document);
    }
}

static void R8_finds_elements_whatever_stands_around_them(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"<k>v</k>", "v"},
        {"<?xml version=\"1.0\"?>\n<a xmlns=\"https://x/\"><k\n y = \"b\">v</k ></a>", "v"},
        {"<n:a><n:k>v</n:k></n:a>", "v"},
        {"<a><k></k></a>", ""},
        {"<a><n:k /></a>", ""},
        {"<a><kk>no</kk><k>v</k></a>", "v"},
        {"<a></a><k>v</k>", "v"},
        {"<b><c><k>1</k></c></b><k>2</k>", "1"},
        {"<a>k</a>", NULL},
        {"", NULL},
        {"k", NULL},
        {"<k>v", NULL},
        {"<k>v</a>", NULL},
        {"<k", NULL},
    };
    check(rows, sizeof(rows) / sizeof(rows[0]));
}

static void R8_decodes_entities(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"<k>a&lt;&gt;&amp;&quot;&apos;z</k>", "a<>&\"'z"},
        {"<k>&#65;&#x42;&#xe9;&#8364;&#x1F600;</k>", "AB???"},
        {"<k>&nbsp;</k>", NULL},
        {"<k>&#0;</k>", NULL},
        {"<k>&#99999999999999999999;</k>", NULL},
        {"<k>&#;</k>", NULL},
        {"<k>&#x;</k>", NULL},
        {"<k>&amp</k>", NULL},
        {"<k>a<b>c</b></k>", NULL},
        {"<k><![CDATA[a>b&lt;]]></k>", "a>b&lt;"},
        {"<k><![CDATA[]]></k>", ""},
        {"<k><![CDATA[]></k>", NULL},
        {"<k>a<![CDATA[b]]></k>", NULL},
        {"<k><![CDATA[a]]><![CDATA[b]]></k>", NULL},
        {"<k><![CDATA[a]]]]></k>", "a]]"},
    };
    check(rows, sizeof(rows) / sizeof(rows[0]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(R8_finds_elements_whatever_stands_around_them),
        cmocka_unit_test(R8_decodes_entities),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
