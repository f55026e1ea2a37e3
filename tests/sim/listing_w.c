#include "listing_w.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* Of a lock below: whoever reads listings passes it over. */
static bool lies_deeper(const char *name)
{
    return strchr(name + sizeof(PLAN_PREFIX), '/') != NULL;
}

/* The service passes over what does not begin as asked, aws/logs_listing what lies deeper. */
static bool is_asked_for(const struct contender_w *self, const char *name)
{
    if (self->list_own && strncmp(name, self->name, strlen(self->name)) != 0)
        return false;
    return !self->process.plan->nested || !lies_deeper(name);
}

struct lock_listing listing_w_add(struct contender_w *self, const struct service_page *page)
{
    if (self->entry_count + page->count > self->entry_room) {
        self->entry_room = 2 * (self->entry_count + SERVICE_PAGE);
        self->entries = realloc(self->entries, self->entry_room * sizeof(*self->entries));
        assert(self->entries);
    }
    if (page->count)
        self->last_name = page->groups[page->count - 1]->name;
    for (uint32_t i = 0; i < page->count; i++)
        if (is_asked_for(self, page->groups[i]->name))
            self->entries[self->entry_count++] = lock_entry_make(
                PLAN_PREFIX, (struct text){page->groups[i]->name, page->groups[i]->name_bytes},
                page->groups[i]->created_ms, page->groups[i]->content);
    self->pages++;
    return (struct lock_listing){
        .entries = self->entries,
        .count = self->entry_count,
        .pages = self->pages,
        .complete = !page->more || self->list_own,
        .asked = self->asked_at,
    };
}
