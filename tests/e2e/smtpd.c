/*
 * A mail server that does what a test asks of it, and the worst that a real
 * one might. Listens on a free port of the loopback, says so in a line, serves
 * any number of sessions at once (a thread each), and never delivers anything:
 *
 *	$ smtpd -l taken.log -o pipelining,chunking -f dot:451@2 -g
 *	ready smtp 127.0.0.1:40123
 *
 *	-o LIST   what EHLO offers, "," between: pipelining chunking 8bitmime
 *	          enhanced size auth starttls; "none": EHLO is not known, only
 *	          HELO. Default: pipelining,8bitmime,enhanced. With -c also
 *	          starttls, with -u also auth.
 *	-c PEM    certificate chain and key. -2 and -3: only TLS 1.2, 1.3
 *	-u U:PW   who may log in (PLAIN, LOGIN); MAIL is 530 before that
 *	-g        greylisting: the first RCPT of each address gets 450
 *	-r G:C    an address that the glob G fits gets the code C at RCPT
 *	-f FAULT  PHASE:KIND[@SESSION][#MESSAGE][%P], any number of them
 *	-s SEED   of P, a probability from 0 to 1; the same seed, same choices
 *	          as long as there is one session at a time
 *	-l FILE   a line for each recipient of each message that was taken:
 *	          "SENDER RECIPIENT SHA256 MESSAGE-ID SESSION", appended and on
 *	          the disk before the 250 is said. SHA256 is of the message as
 *	          it was before dot-stuffing; "-" stands for what is missing.
 *	-d DIR    each message taken as DIR/000001.eml
 *	-t FILE   what was said: "1< EHLO x", "1> 250 y" ("1" is the session),
 *	          "1= tls TLSv1.2 sni=NAME", "1= closed"
 *	-a ADDR   listens there (127.0.0.1, ::1)      -p PORT (default: any)
 *	-e        ends when standard input does
 *
 * Phases: connect banner ehlo starttls tls auth mail rcpt data bdat (each
 * chunk but the last) body dot (the answer to the whole message) rset quit.
 * Sessions, and messages (MAIL commands) of a session, count from 1.
 * Kinds:
 *	450       any code, as the answer; 421 also ends the session
 *	=TEXT     these bytes as the answer, \r \n undone ("\r\n" is not added)
 *	stall     says nothing more until the client is gone
 *	drop      closes the line
 *	cut       half of a reply of several lines, then closes
 *	garbage   an answer that is none
 *	long      an answer of 3000 bytes in one line
 *	inject    the right answer, and "250 OK" twice behind it in one write
 *	taken     (dot) takes the message, and closes instead of saying so
 * In "body", drop, stall and 421 come after the first bytes of it.
 *
 * Exit code 2 for misuse; otherwise it runs until it is ended.
 */
#include "base/buf.h"
#include "base/file.h"
#include "tests/smtpd.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define LINE_LEN 4096
#define MESSAGE_LEN ((size_t)64 << 20)
#define RECIPIENTS_LEN ((size_t)1 << 20)

static struct smtpd_options o;
static SSL_CTX *context; /* NULL: no TLS */

/* What sessions share, under the lock. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned short seed[3] = {1, 2, 3};
static struct buf greylisted; /* " address" each */
static int taken;

struct session {
	int number, message;
	int fd;
	SSL *ssl;
	char in[16384];
	size_t at, have;
	bool logged_in, greeted;
	bool needs_reset; /* a chunk was refused (RFC 3030, section 2) */
	bool is_over; /* nothing more is read or said */
	struct buf sender, data;
	struct buf recipients; /* "address " each */
	bool has_sender;
};

static void
note(struct session *s, const char *mark, struct str what)
{
	struct buf line;

	if (o.transcript < 0)
		return;
	buf_init(&line, 8192);
	buf_printf(&line, "%d%s %.*s\n", s->number, mark,
	    what.n > 4000 ? 4000 : (int)what.n, what.p);
	if (file_write_all(o.transcript, buf_slice(&line)) != 0)
		perror("smtpd: transcript");
	buf_release(&line);
}

static void
send_bytes(struct session *s, struct str bytes)
{
	while (bytes.n > 0 && !s->is_over) {
		ssize_t n = s->ssl != NULL
		    ? SSL_write(s->ssl, bytes.p, (int)bytes.n)
		    : send(s->fd, bytes.p, bytes.n, MSG_NOSIGNAL);

		if (n <= 0)
			s->is_over = true;
		else
			bytes = str_sub(bytes, (size_t)n, bytes.n);
	}
}

/* Says it, with CRLF. */
static void
say(struct session *s, const char *fmt, ...)
{
	struct buf line;
	va_list ap;

	buf_init(&line, 8192);
	va_start(ap, fmt);
	buf_vprintf(&line, fmt, ap);
	va_end(ap);
	note(s, ">", buf_slice(&line));
	buf_puts(&line, "\r\n");
	send_bytes(s, buf_slice(&line));
	buf_release(&line);
}

/* More input; false at the end of it. */
static bool
fill(struct session *s)
{
	ssize_t n;

	if (s->is_over)
		return false;
	n = s->ssl != NULL ? SSL_read(s->ssl, s->in, sizeof s->in)
			   : recv(s->fd, s->in, sizeof s->in, 0);
	s->at = 0;
	s->have = n > 0 ? (size_t)n : 0;
	s->is_over = n <= 0;
	return n > 0;
}

static void
close_now(struct session *s)
{
	shutdown(s->fd, SHUT_RDWR);
	s->is_over = true;
}

static void
stall(struct session *s)
{
	while (fill(s))
		continue;
}

static const struct fault *
fault_at(const struct session *s, enum phase phase)
{
	for (size_t i = 0; i < o.fault_count; i++) {
		const struct fault *f = &o.faults[i];
		double dice;

		if (f->phase != phase ||
		    (f->session != 0 && f->session != s->number) ||
		    (f->message != 0 && f->message != s->message))
			continue;
		pthread_mutex_lock(&lock);
		dice = erand48(seed);
		pthread_mutex_unlock(&lock);
		if (dice < f->probability)
			return f;
	}
	return NULL;
}

static void
say_raw(struct session *s, const char *text)
{
	struct buf bytes;

	buf_init(&bytes, 8192);
	for (const char *p = text; *p != '\0'; p++) {
		if (p[0] == '\\' && (p[1] == 'r' || p[1] == 'n'))
			buf_putc(&bytes, *++p == 'r' ? '\r' : '\n');
		else
			buf_putc(&bytes, *p);
	}
	note(s, ">", str_of(text));
	send_bytes(s, buf_slice(&bytes));
	buf_release(&bytes);
}

static void
say_code(struct session *s, int code)
{
	if ((o.offer & ENHANCED) != 0 && code >= 400)
		say(s, "%d %d.7.1 as the test asked", code, code / 100);
	else
		say(s, "%d as the test asked", code);
	if (code == 421)
		close_now(s);
}

static void
say_long(struct session *s)
{
	struct buf line;

	buf_init(&line, 8192);
	buf_puts(&line, "250 ");
	buf_fill(&line, 'x', 3000);
	say(s, "%s", line.data);
	buf_release(&line);
}

/* Does what was asked for this moment. true: the usual is not to be done. */
static bool
is_faulty(struct session *s, enum phase phase)
{
	const struct fault *f = fault_at(s, phase);

	if (f == NULL || f->kind == INJECT || f->kind == TAKEN)
		return false;
	note(s, "=", str_of(smtpd_phases[phase]));
	switch (f->kind) {
	case CODE:
		say_code(s, f->code);
		break;
	case TEXT:
		say_raw(s, f->text);
		break;
	case STALL:
		stall(s);
		break;
	case CUT:
		say_raw(s, "451-4.7.1 half\\r\\n45");
		close_now(s);
		break;
	case GARBAGE:
		say_raw(s, "\001\002 what? \xff\xfe\\r\\n");
		break;
	case LONG:
		say_long(s);
		break;
	default:
		close_now(s);
		break;
	}
	return true;
}

/* Takes a line, its CRLF dropped. false at the end, or for one too long. */
static bool
get_line(struct session *s, char *line)
{
	size_t n = 0;

	for (;;) {
		char c;

		if (s->at == s->have && !fill(s))
			return false;
		c = s->in[s->at++];
		if (c == '\n' && n > 0 && line[n - 1] == '\r') {
			line[n - 1] = '\0';
			note(s, "<", (struct str){line, n - 1});
			return true;
		}
		if (n == LINE_LEN - 1)
			return false;
		line[n++] = c;
	}
}

/* "<a@b>" behind MAIL FROM: or RCPT TO:, with what follows left out. */
static struct str
path_of(const char *line)
{
	struct str s = str_of(strchr(line, '<'));
	ptrdiff_t end = str_chr(s, '>');

	return end < 0 ? str_of(NULL) : str_sub(s, 1, (size_t)end - 1);
}

static void
begin_again(struct session *s)
{
	buf_clear(&s->sender);
	buf_clear(&s->recipients);
	buf_clear(&s->data);
	s->has_sender = false;
}

static void
greet(struct session *s, bool extended)
{
	if (is_faulty(s, EHLO))
		return;
	s->greeted = true;
	begin_again(s);
	if (!extended) {
		say(s, "250 smtpd.test");
		return;
	}
	say(s, "250-smtpd.test greets you");
	for (size_t i = 0; i < SMTPD_OFFERS; i++)
		if ((o.offer & smtpd_offers[i].bit) != 0 &&
		    (smtpd_offers[i].bit != OFFER_STARTTLS || s->ssl == NULL))
			say(s, "250-%s", smtpd_offers[i].line);
	say(s, "250 HELP");
}

static void
start_tls(struct session *s)
{
	const struct fault *f = fault_at(s, STARTTLS);
	SSL *ssl;

	if (is_faulty(s, STARTTLS))
		return;
	if (context == NULL || s->ssl != NULL) {
		say(s, "502 5.5.1 no TLS here");
		return;
	}
	if (f != NULL && f->kind == INJECT)
		say_raw(s, "220 go\\r\\n250 OK\\r\\n250 OK\\r\\n");
	else
		say(s, "220 go");
	if (is_faulty(s, TLS))
		return;
	ssl = SSL_new(context);
	SSL_set_fd(ssl, s->fd);
	s->at = s->have = 0; /* what came before is not believed */
	if (SSL_accept(ssl) != 1) {
		note(s, "=", STR("no handshake"));
		SSL_free(ssl);
		s->is_over = true;
		return;
	}
	s->ssl = ssl;
	s->greeted = false;
	if (o.transcript >= 0) {
		const char *sni =
		    SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
		char text[512];

		snprintf(text, sizeof text, "tls %s sni=%s",
		    SSL_get_version(ssl), sni != NULL ? sni : "-");
		note(s, "=", str_of(text));
	}
}

/* Decodes what a client says while logging in; "*" and errors give "". */
static size_t
decode(const char *text, char *to, size_t size)
{
	size_t n = strlen(text);
	int got;

	if (n == 0 || n % 4 != 0 || n / 4 * 3 + 3 >= size)
		return 0;
	got = EVP_DecodeBlock(
	    (unsigned char *)to, (const unsigned char *)text, (int)n);
	if (got < 0)
		return 0;
	got -= (text[n - 1] == '=') + (text[n - 2] == '=');
	return (size_t)got;
}

/* What the client says to this, or had said with the command. */
static bool
ask(struct session *s, char *line, const char *prompt)
{
	char *given = NULL;

	if (strncasecmp(line, "AUTH ", 5) == 0)
		given = strchr(line + 5, ' ');
	if (given != NULL) {
		memmove(line, given + 1, strlen(given));
		return true;
	}
	say(s, "334 %s", prompt);
	return get_line(s, line);
}

/* "user:password" out of what the client says; false when the line ended. */
static bool
ask_login(struct session *s, char *line, char *login, size_t size)
{
	char text[LINE_LEN] = "";
	size_t n;

	if (strncasecmp(line, "AUTH PLAIN", 10) == 0) {
		if (!ask(s, line, ""))
			return false;
		/* authorization NUL user NUL password (RFC 4616) */
		n = decode(line, text, sizeof text);
		memset(text + n, 0, 3); /* whatever is missing is empty */
		n = strlen(text) + 1;
		snprintf(
		    login, size, "%s:%s", text + n, strchr(text + n, '\0') + 1);
		return true;
	}
	if (!ask(s, line, "VXNlcm5hbWU6"))
		return false;
	text[decode(line, text, sizeof text)] = '\0';
	n = (size_t)snprintf(login, size, "%s:", text);
	if (n >= size || !ask(s, line, "UGFzc3dvcmQ6"))
		return false;
	text[decode(line, text, sizeof text)] = '\0';
	snprintf(login + n, size - n, "%s", text);
	return true;
}

static void
log_in(struct session *s, char *line)
{
	char login[2 * LINE_LEN];

	if (is_faulty(s, AUTH) || !ask_login(s, line, login, sizeof login))
		return;
	s->logged_in = o.login != NULL && strcmp(login, o.login) == 0;
	say(s, s->logged_in ? "235 2.7.0 welcome" : "535 5.7.8 wrong password");
}

static void
begin_mail(struct session *s, const char *line)
{
	s->message++;
	if (is_faulty(s, MAIL))
		return;
	if (!s->greeted || s->has_sender || s->needs_reset) {
		say(s, "503 5.5.1 not now");
		return;
	}
	if (o.login != NULL && !s->logged_in) {
		say(s, "530 5.7.0 log in first");
		return;
	}
	s->has_sender = true;
	buf_str(&s->sender, path_of(line));
	say(s, "250 2.1.0 go on");
}

/* The code for an address by the rules; 0: it is welcome. */
static int
ruled(struct str address)
{
	char text[LINE_LEN];

	snprintf(text, sizeof text, "%.*s", STR_ARG(address));
	for (size_t i = 0; i < o.rule_count; i++)
		if (fnmatch(o.rules[i], text, 0) == 0)
			return atoi(strchr(o.rules[i], '\0') + 1);
	return 0;
}

static bool
is_greylisted(struct str address)
{
	struct buf key;
	bool is_new;

	buf_init(&key, LINE_LEN);
	buf_printf(&key, " %.*s ", STR_ARG(address));
	pthread_mutex_lock(&lock);
	is_new = str_find(buf_slice(&greylisted), buf_slice(&key)) < 0;
	if (is_new)
		buf_str(&greylisted, buf_slice(&key));
	pthread_mutex_unlock(&lock);
	buf_release(&key);
	return is_new;
}

static void
add_recipient(struct session *s, const char *line)
{
	struct str address = path_of(line);
	int code = ruled(address);

	if (is_faulty(s, RCPT))
		return;
	if (!s->has_sender) {
		say(s, "503 5.5.1 MAIL first");
	} else if (code != 0) {
		say(s, "%d %d.1.1 <%.*s> is not taken", code, code / 100,
		    STR_ARG(address));
	} else if (o.greylist && is_greylisted(address)) {
		say(s, "450 4.2.0 greylisted, come again");
	} else {
		buf_str(&s->recipients, address);
		buf_putc(&s->recipients, ' ');
		say(s, "250 2.1.5 go on");
	}
}

/* The value of a header field, or "-". */
static struct str
field_of(struct str message, const char *name)
{
	struct str line;

	while (str_next_line(&message, &line) && line.n > 0)
		if (str_starts_nocase(line, str_of(name)))
			return str_trim(str_sub(line, strlen(name), line.n));
	return STR("-");
}

static void
write_file(struct str message)
{
	struct err e = ERR_INIT;
	char path[4096];

	snprintf(path, sizeof path, "%s/%06d.eml", o.folder, taken);
	if (file_write(AT_FDCWD, path, 0600, message, &e) != 0)
		fprintf(stderr, "smtpd: %s\n", e.msg);
}

/* On the disk when this returns. */
static void
keep(struct session *s)
{
	struct str message = buf_slice(&s->data), to, one;
	unsigned char hash[32];
	struct buf lines;

	EVP_Digest(message.p, message.n, hash, NULL, EVP_sha256(), NULL);
	buf_init(&lines, MESSAGE_LEN);
	to = buf_slice(&s->recipients);
	while (str_next(&to, ' ', &one)) {
		if (one.n == 0)
			continue;
		buf_printf(&lines, "%s %.*s ",
		    s->sender.len > 0 ? s->sender.data : "-", STR_ARG(one));
		for (size_t i = 0; i < sizeof hash; i++)
			buf_printf(&lines, "%02x", hash[i]);
		buf_printf(&lines, " %.*s %d\n",
		    STR_ARG(field_of(message, "message-id:")), s->number);
	}
	pthread_mutex_lock(&lock);
	taken++;
	if (o.folder != NULL)
		write_file(message);
	if (o.log >= 0 &&
	    (file_write_all(o.log, buf_slice(&lines)) != 0 ||
		fdatasync(o.log) != 0))
		perror("smtpd: log");
	pthread_mutex_unlock(&lock);
	buf_release(&lines);
}

/* A line that ends in LF alone, or a CR alone: how mail is smuggled. */
static bool
has_bare_end(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((s.p[i] == '\n' && (i == 0 || s.p[i - 1] != '\r')) ||
		    (s.p[i] == '\r' && (i + 1 == s.n || s.p[i + 1] != '\n')))
			return true;
	return false;
}

/* The whole message is here. */
static void
end_message(struct session *s)
{
	const struct fault *f = fault_at(s, DOT);

	if (f == NULL || f->kind == TAKEN) {
		if (has_bare_end(buf_slice(&s->data))) {
			say(s, "554 5.6.0 a bare CR or LF");
		} else {
			keep(s);
			if (f != NULL)
				close_now(s);
			else
				say(s, "250 2.0.0 taken");
		}
	} else {
		is_faulty(s, DOT);
	}
	begin_again(s);
}

/* After the first bytes of a body; true when the session is over. */
static bool
breaks_in_body(struct session *s)
{
	return is_faulty(s, BODY) && s->is_over;
}

/* A line that is only a dot ends it (RFC 5321, section 4.1.1.4). */
static bool
has_ended(const struct buf *data)
{
	struct str got = buf_slice(data);

	return str_ends(got, STR("\r\n.\r\n")) || str_is(got, ".\r\n");
}

/* Drops that line, and the dot that was put before every other's. */
static void
unstuff(struct buf *data)
{
	bool at_start = true;
	char last = '\0';
	size_t to = 0;

	for (size_t i = 0; i < data->len - 3; i++) {
		char c = data->data[i];

		if (!at_start || c != '.')
			data->data[to++] = c;
		at_start = last == '\r' && c == '\n';
		last = c;
	}
	buf_cut(data, to);
}

static void
take_data(struct session *s)
{
	if (is_faulty(s, DATA))
		return;
	if (s->recipients.len == 0) {
		say(s, "554 5.5.1 no valid recipients");
		return;
	}
	say(s, "354 end with a dot");
	if (!fill(s) || breaks_in_body(s))
		return;
	while (!has_ended(&s->data)) {
		if (s->at == s->have && !fill(s))
			return;
		buf_putc(&s->data, s->in[s->at++]);
	}
	unstuff(&s->data);
	end_message(s);
}

static void
take_chunk(struct session *s, const char *line)
{
	size_t size = (size_t)strtoul(line + 5, NULL, 10);
	bool is_last = strcasestr(line, " LAST") != NULL;
	bool is_welcome = s->recipients.len > 0;

	for (size_t left = size; left > 0;) {
		size_t n;

		if (s->at == s->have && !fill(s))
			return;
		n = s->have - s->at < left ? s->have - s->at : left;
		if (is_welcome)
			buf_append(&s->data, s->in + s->at, n);
		s->at += n;
		left -= n;
	}
	if (!is_welcome) {
		say(s, "503 5.5.1 no valid recipients");
		return;
	}
	if (size > 0 && breaks_in_body(s))
		return;
	if (is_last) {
		end_message(s);
	} else if (is_faulty(s, BDAT)) {
		begin_again(s);
		s->needs_reset = true;
	} else {
		say(s, "250 2.0.0 %zu bytes", size);
	}
}

static void
obey(struct session *s, char *line)
{
	if (strncasecmp(line, "EHLO ", 5) == 0 && o.offer != 0)
		greet(s, true);
	else if (strncasecmp(line, "HELO ", 5) == 0)
		greet(s, false);
	else if (strcasecmp(line, "STARTTLS") == 0)
		start_tls(s);
	else if (strncasecmp(line, "AUTH ", 5) == 0)
		log_in(s, line);
	else if (strncasecmp(line, "MAIL FROM:", 10) == 0)
		begin_mail(s, line);
	else if (strncasecmp(line, "RCPT TO:", 8) == 0)
		add_recipient(s, line);
	else if (strcasecmp(line, "DATA") == 0)
		take_data(s);
	else if (strncasecmp(line, "BDAT ", 5) == 0)
		take_chunk(s, line);
	else if (strcasecmp(line, "RSET") == 0) {
		begin_again(s);
		s->needs_reset = false;
		if (!is_faulty(s, RSET))
			say(s, "250 2.0.0 forgotten");
	} else if (strcasecmp(line, "QUIT") == 0) {
		if (!is_faulty(s, QUIT))
			say(s, "221 2.0.0 goodbye");
		close_now(s);
	} else
		say(s, "500 5.5.2 what is that?");
}

static void
converse(struct session *s)
{
	char line[LINE_LEN];

	if (is_faulty(s, CONNECT))
		return;
	if (!is_faulty(s, BANNER))
		say(s, "220 smtpd.test ESMTP of the tests");
	while (!s->is_over && get_line(s, line)) {
		/* Who was not told that it may must wait for each answer. */
		if ((o.offer & PIPELINING) == 0 && s->at < s->have &&
		    strncasecmp(line, "BDAT", 4) != 0) {
			say(s, "554 5.5.0 not asked to send that early");
			close_now(s);
			break;
		}
		obey(s, line);
	}
}

static void *
serve(void *arg)
{
	struct session *s = arg;

	buf_init(&s->sender, LINE_LEN);
	buf_init(&s->recipients, RECIPIENTS_LEN);
	buf_init(&s->data, MESSAGE_LEN);
	converse(s);
	note(s, "=", STR("closed"));
	SSL_free(s->ssl);
	close(s->fd);
	buf_release(&s->sender);
	buf_release(&s->recipients);
	buf_release(&s->data);
	free(s);
	return NULL;
}

static bool
load_certificate(void)
{
	context = SSL_CTX_new(TLS_server_method());
	if (SSL_CTX_use_certificate_chain_file(context, o.cert) != 1 ||
	    SSL_CTX_use_PrivateKey_file(context, o.cert, SSL_FILETYPE_PEM) !=
		1) {
		ERR_print_errors_fp(stderr);
		return false;
	}
	if (o.tls_version != 0) {
		SSL_CTX_set_min_proto_version(context, o.tls_version);
		SSL_CTX_set_max_proto_version(context, o.tls_version);
	}
	return true;
}

/* Listens, and says where. */
static int
listen_there(void)
{
	struct sockaddr_in6 a6 = {
	    .sin6_family = AF_INET6, .sin6_port = htons((uint16_t)o.port)};
	struct sockaddr_in a4 = {
	    .sin_family = AF_INET, .sin_port = htons((uint16_t)o.port)};
	bool six = inet_pton(AF_INET6, o.address, &a6.sin6_addr) == 1;
	struct sockaddr *a =
	    six ? (struct sockaddr *)&a6 : (struct sockaddr *)&a4;
	socklen_t size = six ? sizeof a6 : sizeof a4;
	int on = 1, fd;

	if (!six && inet_pton(AF_INET, o.address, &a4.sin_addr) != 1)
		return -1;
	fd = socket(six ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (bind(fd, a, size) != 0 || listen(fd, 128) != 0 ||
	    getsockname(fd, a, &size) != 0)
		return -1;
	printf(six ? "ready smtp [%s]:%d\n" : "ready smtp %s:%d\n", o.address,
	    ntohs(six ? a6.sin6_port : a4.sin_port));
	fflush(stdout);
	return fd;
}

static void
start_session(int fd, int number)
{
	struct session *s = calloc(1, sizeof *s);
	pthread_t thread;
	int on = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	s->fd = fd;
	s->number = number;
	if (pthread_create(&thread, NULL, serve, s) == 0)
		pthread_detach(thread);
}

static bool
stdin_ended(void)
{
	char bytes[64];

	return read(STDIN_FILENO, bytes, sizeof bytes) <= 0;
}

int
main(int argc, char **argv)
{
	struct pollfd wait[2] = {
	    {.events = POLLIN}, {.fd = STDIN_FILENO, .events = POLLIN}};

	if (!smtpd_parse(&o, argc, argv))
		return 2;
	seed[0] = o.seed;
	signal(SIGPIPE, SIG_IGN);
	buf_init(&greylisted, RECIPIENTS_LEN * 64);
	if (o.cert != NULL && !load_certificate())
		return 2;
	wait[0].fd = listen_there();
	if (wait[0].fd < 0) {
		perror(o.address);
		return 2;
	}
	for (int number = 1;;) {
		if (poll(wait, o.ends_with_stdin ? 2 : 1, -1) < 0)
			continue;
		if (wait[1].revents != 0 && stdin_ended())
			return 0;
		if (wait[0].revents != 0) {
			int fd = accept4(wait[0].fd, NULL, NULL, SOCK_CLOEXEC);

			if (fd >= 0)
				start_session(fd, number++);
		}
	}
}
