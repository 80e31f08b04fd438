/*
 * How fast an announcement becomes messages: composing it once, and filling
 * it in for each person, unsigned and signed. CPU time of one thread, medians
 * of five. Run by tests/bench/compose.sh.
 */
#include "mail/compose.h"
#include "mail/dkim.h"
#include "mail/message.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define RUNS 5

static const char conf_text[] =
    "host: capsule.example.org\n"
    "mail: {from: \"A conference <announce@example.org>\"}\n";

static void
die(const struct err *e)
{
	fprintf(stderr, "compose: %s\n", e->msg);
	exit(1);
}

static double
seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int
by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double
median(double *t)
{
	qsort(t, RUNS, sizeof *t, by_size);
	return t[RUNS / 2];
}

/* Text and HTML of some 1.5 KB each, as a short page gives. */
static struct posting
make_letter(struct buf *text, struct buf *html)
{
	while (text->len < 1200) {
		buf_puts(text,
		    "The stream has been cut into thirteen videos, one for \n"
		    "each talk, from the State of the Union to the recap.\n\n");
		buf_puts(html,
		    "<p>The stream has been cut into thirteen videos, one for\n"
		    "each talk, from the State of the Union to the recap.</p>"
		    "\n");
	}
	return (struct posting){.title = STR("The recordings are up"),
	    .source = STR("news/recordings.md"),
	    .address = STR("gemini://capsule.example.org/news/x.gmi"),
	    .text = buf_slice(text),
	    .html = buf_slice(html),
	    .html_shown = buf_slice(html)};
}

static void
time_compose(struct buf *template, const struct conf *conf)
{
	struct compose_options o = {
	    .conf = conf, .site = &conf->sites[0], .list = STR("announce")};
	struct err e = ERR_INIT;
	struct buf text, html;
	struct posting posting;
	double t[RUNS];

	buf_init(&text, MESSAGE_MAX);
	buf_init(&html, MESSAGE_MAX);
	posting = make_letter(&text, &html);
	for (int i = 0; i < RUNS; i++) {
		double begin = seconds();

		for (int n = 0; n < 100; n++) {
			buf_clear(template);
			if (compose(template, &posting, &o, &e) != 0)
				die(&e);
		}
		t[i] = (seconds() - begin) / 100;
	}
	printf("composing a template of %zu bytes %10.0f us\n", template->len,
	    median(t) * 1e6);
	buf_release(&text);
	buf_release(&html);
}

static void
time_fill(const char *name, const struct message_template *template,
    const struct conf_mail *mail, const struct dkim_key *key, int count)
{
	struct message_person person = {.address = STR("ann@example.net"),
	    .announcement = STR("zyxwvutsrqponmlkjihgfedcba"),
	    .date = 1333468800};
	char token[] = "abcdefghijklmnopqrstuvwxyz";
	struct err e = ERR_INIT;
	struct buf head, body;
	double t[RUNS];

	buf_init(&head, MESSAGE_MAX);
	buf_init(&body, MESSAGE_MAX);
	person.token = str_of(token);
	for (int i = 0; i < RUNS; i++) {
		double begin = seconds();

		for (int n = 0; n < count; n++) {
			token[n % 26] = (char)('a' + n % 7);
			if (message_fill(&head, &body, template, &person, mail,
				key, &e) != 0)
				die(&e);
		}
		t[i] = (seconds() - begin) / count;
	}
	printf("%-12s %10.0f messages/s %8.1f us each, %zu bytes\n", name,
	    1 / median(t), median(t) * 1e6, head.len + body.len);
	buf_release(&head);
	buf_release(&body);
}

static void
time_signed(const char *name, const char *dir, enum dkim_kind kind,
    const struct message_template *template, const struct conf_mail *mail)
{
	struct dkim_key *key = NULL;
	struct err e = ERR_INIT;
	char path[4096];

	snprintf(path, sizeof path, "%s/%s", dir, name);
	if (dkim_make(path, kind, &e) != 0 ||
	    dkim_open(&key, path, STR("example.org"), STR("s1"), &e) != 0)
		die(&e);
	time_fill(name, template, mail, key, 2000);
	dkim_close(key);
}

int
main(int argc, char **argv)
{
	struct message_template *opened;
	struct err e = ERR_INIT;
	struct buf template;
	struct conf conf;

	if (argc != 2)
		return 2;
	buf_init(&template, MESSAGE_MAX);
	if (conf_parse(&conf, "conf", str_of(conf_text), &e) != 0)
		die(&e);
	time_compose(&template, &conf);
	if (message_open(&opened, buf_slice(&template), &e) != 0)
		die(&e);
	time_fill("unsigned", opened, &conf.mail, NULL, 50000);
	time_signed("RSA-2048", argv[1], DKIM_RSA, opened, &conf.mail);
	time_signed("Ed25519", argv[1], DKIM_ED25519, opened, &conf.mail);
	message_close(opened);
	conf_release(&conf);
	buf_release(&template);
	return 0;
}
