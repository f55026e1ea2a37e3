/*
 * xml - picks values out of small XML answers.
 *
 * A scanner of tags, not a parser of XML: it looks for elements by name, whatever their order,
 * white space, attributes and name-space prefixes. Comments, processing instructions and CDATA
 * are understood; a DOCTYPE is refused, and with it all of what makes XML dangerous. Memory is
 * the caller's: everything is a view into the document.
 */
#ifndef BASE_XML_H
#define BASE_XML_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/text.h"

#define XML_DEPTH_MAX 16 /* how deep xml_find looks */

/* What stands between the tags of the first element of that name, at any depth. */
bool xml_find(struct text document, const char *name, struct text *ret_inside);

/* The same among the outermost elements only. */
bool xml_child(struct text document, const char *name, struct text *ret_inside);

/*
 * Adds the text between two tags with CDATA and the entities &lt; &gt; &amp; &quot; &apos; &#N;
 * &#xN; decoded, blanks at both ends kept. False if it holds elements, other entities or what is
 * no XML; out may then hold a part of it.
 */
bool xml_decode(struct text inside, struct buf *out);

#endif
