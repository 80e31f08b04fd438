/*
 * Signs a message on standard input as announce does, for independent
 * verifiers: sign KEYFILE DOMAIN SELECTOR <message. The message has CRLF; its
 * first empty line ends the head.
 */
#include "base/buf.h"
#include "base/file.h"
#include "mail/dkim.h"

#include <stdio.h>
#include <unistd.h>

#define MESSAGE_MAX ((size_t)16 << 20)
#define AT 1333468800

static int
sign(const char *file, const char *domain, const char *selector,
    struct str message, struct buf *to, struct err *e)
{
	ptrdiff_t end = str_find(message, STR("\r\n\r\n"));
	struct dkim_key *key;
	int result;

	if (end < 0)
		return err_set(e, ERR_INPUT, "the head has no end");
	if (dkim_open(&key, file, str_of(domain), str_of(selector), e) != 0)
		return -1;
	result = dkim_sign(to, key, str_sub(message, 0, (size_t)end + 2),
	    str_sub(message, (size_t)end + 4, message.n), AT, e);
	dkim_close(key);
	return result;
}

int
main(int argc, char **argv)
{
	struct err e = ERR_INIT;
	struct buf message, to;
	int result = -1;

	buf_init(&message, MESSAGE_MAX);
	buf_init(&to, MESSAGE_MAX);
	if (argc != 4)
		err_set(&e, ERR_USAGE, "sign KEYFILE DOMAIN SELECTOR");
	else if (file_read_fd(&message, STDIN_FILENO, "the message", &e) == 0)
		result = sign(
		    argv[1], argv[2], argv[3], buf_slice(&message), &to, &e);
	if (result == 0) {
		fwrite(to.data, 1, to.len, stdout);
		fwrite(message.data, 1, message.len, stdout);
	} else {
		fprintf(stderr, "sign: %s\n", e.msg);
	}
	buf_release(&to);
	buf_release(&message);
	return err_exit_code(&e);
}
