/* Pauses between the runs of a transaction that lost to another one. */
#ifndef PAUSE_H
#define PAUSE_H

/* Waits before another run, after as many as given. The second run begins at once. Before each further one there is a
 * random pause, whose limit doubles from 2 ms to 250 ms, so that requests which collided do not meet again. */
void pause_before_run(unsigned runs);

#endif
