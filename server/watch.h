/*
 * Notices that something below the pages folders has changed, by inotify(7).
 * Dot-files are not looked at: editors keep their own there, and nothing of
 * them is published. A folder made later is seen to appear; what happens in
 * it then is for the watch of the next site. A pages folder that is a link is
 * watched where it leads, and for leading elsewhere.
 */
#ifndef SERVER_WATCH_H
#define SERVER_WATCH_H

#include "base/err.h"

#include <stdbool.h>

/* A descriptor that is readable when something has changed. */
int watch_open(struct err *e);
/* The folder and all below it; those that cannot be watched are left out, and
 * the error says the first. */
int watch_add(int watch, const char *folder, struct err *e);
/* Reads what there is to read: was any of it a change? */
bool watch_changed(int watch);

#endif
