/*
 * date - moments as the AWS services and tools write them.
 *
 * No locale, no time zone of the machine, no leap seconds.
 */
#ifndef BASE_DATE_H
#define BASE_DATE_H

#include "base/clock.h"
#include "base/text.h"

#define DATE_ISO_BYTES   21 /* "2030-01-02T03:04:05Z" and a NUL; years to 9999 */
#define DATE_DAY_CHARS   11 /* of that: "2030-01-02T" */
#define DATE_BASIC_BYTES 17 /* "20300102T030405Z" and a NUL */
#define DATE_HTTP_BYTES  30 /* "Sun, 06 Nov 1994 08:49:37 GMT" and a NUL */

/*
 * ISO 8601 as "2030-01-02T03:04:05" or "20300102T030405", maybe with a fraction, with "Z", "UTC"
 * or an offset ("+02:00", "+0200", "+02"). Returns 0, or -1 if it is not that.
 */
int date_parse_iso(struct text text, struct wall *ret_wall);

/* The Date header (RFC 9110, IMF-fixdate): "Sun, 06 Nov 1994 08:49:37 GMT". Returns 0 or -1. */
int date_parse_http(struct text text, struct wall *ret_wall);

/* Fractions of a second are cut off. Outside of the years 1970 to 9999 out is "". */
void date_write_iso(struct wall wall, char out[DATE_ISO_BYTES]);
void date_write_basic(struct wall wall, char out[DATE_BASIC_BYTES]); /* as in signatures */
void date_write_http(struct wall wall, char out[DATE_HTTP_BYTES]);   /* as in a Date header */

#endif
