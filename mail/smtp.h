/*
 * What the tests of SMTP ask beside transport.h, of what transport_smtp.open
 * has given. A program that opens it ignores SIGPIPE from then on, since
 * libesmtp writes to lines that broke.
 */
#ifndef MAIL_SMTP_H
#define MAIL_SMTP_H

/* How long to wait for the relay at any step, at least 1000 ms; without it as
 * RFC 5321, section 4.5.3.2 has it: from two to ten minutes. */
void smtp_set_patience(void *self, int milliseconds);

#endif
