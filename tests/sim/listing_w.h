/* listing_w - what a W has read of a listing, page by page, as aws/logs_listing reads it. */
#ifndef SIM_LISTING_W_H
#define SIM_LISTING_W_H

#include "contender_w.h"

/* Adds a page. The listing so far: its entries are the contender's, until the next page. */
struct lock_listing listing_w_add(struct contender_w *contender, const struct service_page *page);

#endif
