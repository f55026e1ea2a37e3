/*
 * xml - picks texts out of the answers of STS, by the name of their element.
 *
 * Not a parser of XML: tags are looked for by name, whatever stands around them, with attributes
 * and name-space prefixes. Comments, which no STS writes, are not understood. Memory is the
 * caller's: everything is a view into the document.
 */
#ifndef BASE_XML_H
#define BASE_XML_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/text.h"

/* What stands between the tags of the first element of that name, at any depth. */
bool xml_find(struct text document, const char *name, struct text *ret_inside);

/*
 * Adds the text between two tags with the entities &lt; &gt; &amp; &quot; &apos; &#N; &#xN; decoded
 * ('?' for one beyond ASCII), blanks at both ends kept; or, if it is one CDATA section, as it
 * stands there. False if it holds elements or other entities; out may then hold a part of it.
 */
bool xml_decode(struct text inside, struct buf *out);

#endif
