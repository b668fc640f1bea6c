/* A thread that does one job after the other, each once its time has come. */
#ifndef WORKER_H
#define WORKER_H

#include <stdint.h>

/* Called on the worker's thread. */
typedef void (*worker_job)(void *argument);

/* Does the job so many milliseconds from now; the first one starts the thread. The argument is the
 * job's. Jobs of the same delay keep their order. */
void worker_do(uint32_t delay_ms, worker_job job, void *argument);

#endif
