#include "inspect/inspect.h"

#include <stdio.h>
#include <string.h>

#include "base/report.h"
#include "exit_status.h"

int inspect_open(struct inspect *inspect, const struct inspect_plan *plan, struct error *err)
{
    *inspect = (struct inspect){
        .plan = plan, .pages = LOGS_LISTING, .interruption.signals = plan->signals};
    inspect->wakeup = interruption_wakeup(&inspect->interruption);
    if (aws_settings_load(&inspect->aws, plan->aws, plan->environment, err) != 0)
        return -1;
    struct provider_limits limits = {MONO_NEVER, &inspect->wakeup};
    return client_init(&inspect->client, &inspect->aws, false, &limits, err);
}

void inspect_close(struct inspect *inspect)
{
    client_free(&inspect->client);
    logs_listing_free(&inspect->pages);
    listing_free(&inspect->listing);
    aws_settings_free(&inspect->aws);
}

int inspect_failed(const struct inspect *inspect, const struct error *err)
{
    int number = inspect->interruption.number;
    return number ? EXIT_STATUS_SIGNAL + number : error_exit_status(err->kind);
}

/* Warns only once, since --watch looks again and again. */
static void tell_cut(struct inspect *inspect)
{
    if (inspect->pages.cut && !inspect->told_cut)
        report(REPORT_WARNING,
               "warning: there is more under '%s' than is read; what is shown are the first %u log "
               "groups",
               inspect->plan->prefix, inspect->pages.count);
    inspect->told_cut |= inspect->pages.cut;
}

int inspect_list(struct inspect *inspect, struct inspect_view *ret_view, struct error *err)
{
    struct inspect_view view = {0};
    struct wall date;
    char below[ATTEMPT_NAME_BYTES + 2];
    const char *prefix = inspect->plan->prefix;
    inspect->pages.level_bytes = inspect->plan->all_levels ? 0 : strlen(prefix) + 1;
    (void)snprintf(below, sizeof(below), "%s%s", prefix, *prefix ? "/" : "");
    if (client_list(&inspect->client, below, &inspect->pages, &inspect->wakeup, &date, err) != 0 ||
        listing_read(&inspect->listing, &inspect->pages, prefix, &view.listing, err) != 0)
        return -1;
    tell_cut(inspect);
    provider_report_shared(&inspect->client.provider, REPORT_VERBOSE);
    view.by_service = date.ms >= 0;
    view.now_ms = view.by_service ? date.ms : wall_now().ms;
    for (uint32_t i = 0; i < view.listing.count; i++)
        if (view.listing.entries[i].created_ms > view.now_ms)
            view.now_ms = view.listing.entries[i].created_ms; /* Date has whole seconds only */
    *ret_view = view;
    return 0;
}

int inspect_look(struct inspect *inspect, struct inspect_view *ret_view, struct error *err)
{
    struct inspect_view view;
    if (inspect_list(inspect, &view, err) != 0 ||
        survey_make(&view.survey, inspect->plan->prefix, &view.listing, view.now_ms,
                    inspect->plan->lock->role_timeout_ms, err) != 0)
        return -1;
    *ret_view = view;
    return 0;
}

int inspect_run(const struct inspect_plan *plan, inspect_show_fn *show, bool json, struct buf *out,
                struct error *err)
{
    struct inspect inspect;
    int status = inspect_open(&inspect, plan, err);
    if (status == 0)
        status = show(&inspect, json, out, err);
    if (status < 0)
        status = inspect_failed(&inspect, err);
    inspect_close(&inspect);
    return status;
}

void inspect_view_free(struct inspect_view *view)
{
    if (view)
        survey_free(&view->survey);
}
