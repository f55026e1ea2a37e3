/*
 * control - the paths by which tests steer and question the stand-in: /_faults, /_stats, /_log,
 * /_waiting, /_groups, /_reset. They need no signature and work during an outage.
 */
#ifndef CWLOGS_LOCAL_CONTROL_H
#define CWLOGS_LOCAL_CONTROL_H

#include "cwlogs-local/service.h"

/* Is this a control path (whatever its method)? */
bool control_owns(struct text path);

/*
 * Answers a request for one; a mistake in it gets one line of text and 400, 404 or 405. A page in
 * a browser gets 403: what has an Origin, or a Host that is not this machine's (target.h).
 */
void control_answer(struct service *service, const struct service_request *request,
                    struct answer *answer);

#endif
