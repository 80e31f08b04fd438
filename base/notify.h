/*
 * What a service manager is told, by hand (sd_notify(3): datagrams to
 * $NOTIFY_SOCKET). Without one, everything here does nothing. Only a program's
 * first process calls it.
 */
#ifndef BASE_NOTIFY_H
#define BASE_NOTIFY_H

/* Takes the manager's address out of the environment, so that no child speaks
 * for us. Called once, at the very start. */
void notify_begin(void);

void notify_ready(void);
void notify_reloading(void); /* followed by notify_ready when it is over */
void notify_stopping(void);
/* One line for `systemctl status`. */
void notify_status(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
