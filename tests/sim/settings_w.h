/* settings_w - who a W's next run is, and how it was called: from the seed, or by a story. */
#ifndef SIM_SETTINGS_W_H
#define SIM_SETTINGS_W_H

#include "contender_w.h"

void settings_w_name(struct contender_w *contender);
struct lock_settings settings_w_draw(struct contender_w *contender);

/* A default ID tells when the place was taken: as long as it may change, it is brought up to date.
 */
void settings_w_stamp(struct contender_w *self);

/* How long its command will take. */
int64_t settings_w_hold_ms(struct contender_w *self);

#endif
