/* Any bytes -> the two date parsers. A moment that was understood is one of the years they know. */
#include "base/date.h"
#include "fuzz.h"

#define YEARS_MS ((int64_t)8100 * 366 * 86400 * 1000)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text text = text_slice((const char *)data, size);
    struct wall wall = {-1};
    char iso[DATE_ISO_BYTES];
    if (date_parse_http(text, &wall) == 0)
        must(wall.ms % 1000 == 0 && wall.ms >= -YEARS_MS && wall.ms <= YEARS_MS);
    if (date_parse_iso(text, &wall) != 0)
        return 0;
    must(wall.ms >= -YEARS_MS && wall.ms <= YEARS_MS);
    date_write_iso(wall, iso);
    if (iso[0]) {
        struct wall again;
        must(date_parse_iso(text_from(iso), &again) == 0);
        must(again.ms == wall.ms / 1000 * 1000);
    }
    return 0;
}
