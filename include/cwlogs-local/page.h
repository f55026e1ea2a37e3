/*
 * page - the tokens that lead from one page of a listing to the next.
 *
 * A token names where the page before ended, so that the next goes on after it whatever has
 * come or gone in between, and it holds a check sum over that and over what was listed: a token
 * that was made up, or belongs to another listing, is known as invalid. Nothing is secret in it.
 */
#ifndef CWLOGS_LOCAL_PAGE_H
#define CWLOGS_LOCAL_PAGE_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/text.h"

/* Adds the token of a page of `listing` (any text that tells listings apart) ended by `last`. */
void page_write_token(struct buf *out, struct text listing, struct text last);

/* False if the token is not one of this listing's; else *ret_last is a view into it. */
bool page_read_token(struct text token, struct text listing, struct text *ret_last);

#endif
