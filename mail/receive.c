#include "mail/receive.h"
#include "base/file.h"
#include "base/log.h"
#include "mail/desk.h"
#include "mail/desk_letter.h"
#include "mail/mailbox.h"
#include "mail/store_brake.h"
#include "mail/store_bounce.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define ANSWER_MAX DESK_PACKET_MAX

/* One message on its way through. */
struct work {
	const struct receive *r;
	struct incoming in;
	struct arena *arena; /* that it stands in */
	struct buf path; /* of the step */
	struct buf title, text; /* of the answer */
	struct buf *said;
	int64_t now;
	struct err *e;
};

static int
is_name(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/* The names begin with the time, so the first are the oldest. */
static void
forget_oldest(const char *dir)
{
	struct dirent **names;
	int count = scandir(dir, &names, is_name, alphasort);
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	for (int i = 0; i < count; i++) {
		if (fd >= 0 && i < count - RECEIVE_ASIDE_MAX)
			unlinkat(fd, names[i]->d_name, 0);
		free(names[i]);
	}
	if (count >= 0)
		free(names);
	if (fd >= 0)
		close(fd);
}

/* Its beginning, if it is too large: that is enough to see what it is. */
static int
keep_aside(struct work *w, struct str message, const struct err *why)
{
	struct arena a;
	struct str dir, path;
	int result;

	arena_init(&a);
	dir = arena_printf(&a, "%s/aside", w->r->conf->state.p);
	path = arena_printf(&a, "%.*s/%lld-%ld", STR_ARG(dir),
	    (long long)w->now, (long)getpid());
	result = arena_ok(&a, w->e);
	if (result == 0 && (result = file_make_dir(dir.p, 0700, w->e)) == 0)
		result = file_write(AT_FDCWD, path.p, 0600,
		    str_sub(message, 0, INCOMING_MAX), w->e);
	if (result == 0) {
		forget_oldest(dir.p);
		buf_printf(
		    w->said, "%s; it is kept in %.*s", why->msg, STR_ARG(path));
	}
	arena_release(&a);
	return result;
}

/* What is done is done, whether more can be said of it or not. */
static void
say_brake(struct work *w, int64_t announcement)
{
	struct brake brake;

	if (store_brake(w->r->store, announcement, &brake, w->arena, NULL) !=
		0 ||
	    brake.state != BRAKE_ON)
		return;
	buf_printf(w->said, "; of announcement %lld ", (long long)announcement);
	brake_report(w->said, &brake, announcement);
}

/* A REPORT, by the address that it came to. */
static int
take_report(struct work *w)
{
	const struct report *report = &w->in.report;
	struct store_bounce bounce = {
	    .at = w->now,
	    .permanent = report->outcome == REPORT_PERMANENT,
	    .status = report->status,
	    .text = report->said,
	    .message_id = w->in.returned,
	};
	bool is_suspended = false;

	if (report->outcome < REPORT_TEMPORARY) {
		buf_puts(w->said, "a report of no failure; nothing to do");
		return 0;
	}
	if (w->in.token.n == 0) {
		buf_puts(w->said, "a report that does not say of what");
		return 0;
	}
	if (store_bounce_of_token(
		w->r->store, w->in.token, &bounce, &is_suspended, w->e) != 0) {
		if (w->e->kind != ERR_MISSING)
			return -1;
		err_clear(w->e);
		buf_puts(w->said, "a report of a message to nobody known");
		return 0;
	}
	buf_printf(w->said, "mail came back (%s): %.*s%s",
	    bounce.permanent ? "for good" : "for now", STR_ARG(report->said),
	    is_suspended ? "; the address is suspended" : "");
	say_brake(w, bounce.announcement);
	return 0;
}

/* Which step somebody means, and its word for the log. People who write to the
 * address itself may say it in the subject; what is no command asks for
 * help. */
static struct str
find_step(struct work *w)
{
	struct str word = w->in.extension;

	if (word.n == 0)
		word = str_eq_nocase(w->in.subject, STR("unsubscribe"))
		    ? STR("leave")
		    : str_trim(w->in.subject);
	if (desk_mail_path(&w->path, word) != 0) {
		buf_puts(&w->path, "/help");
		return STR("help");
	}
	return w->in.token.n > 0 ? str_sub(word, 0, (size_t)str_rchr(word, '-'))
				 : word;
}

/* What somebody wrote; some write into what their mail program quotes. */
static struct str
words_of(const struct work *w)
{
	struct str own = incoming_own_words(w->arena, w->in.text);

	if (str_trim(own).n == 0)
		own = w->in.text;
	return str_sub(own, 0, DESK_INPUT_MAX);
}

/* LATER is for the mail server to come back with. */
static int
step(struct work *w, struct desk_answer *answer)
{
	struct desk desk = {.conf = w->r->conf, .store = w->r->store};
	struct desk_request request = {
	    .way = DESK_MAIL,
	    .host = w->r->conf->sites[0].host,
	    .path = buf_slice(&w->path),
	    .input = w->in.message_id,
	    .has_input = true,
	    .network = w->in.writer,
	};

	if (desk_takes_words(request.path))
		request.input = words_of(w);
	if (desk_answer(&desk, &request, w->now, &w->title, &w->text, answer,
		w->e) != 0)
		return -1;
	if (answer->kind == DESK_LATER)
		return err_set(w->e, ERR_LATER, "%.*s", STR_ARG(answer->text));
	return 0;
}

/* Without a text there is a letter that says it. */
static void
say_answer(struct work *w, const struct desk_answer *answer, const char *unsent)
{
	if (unsent != NULL) {
		buf_printf(w->said, ", not answered: %s", unsent);
		return;
	}
	buf_puts(w->said, answer->text.n > 0 ? ", answered" : ", done");
	if (answer->owner.n == 0 || str_eq_nocase(answer->owner, w->in.writer))
		return;
	buf_puts(w->said, " to ");
	mailbox_mask(w->said, answer->owner);
}

static int
take_command(struct work *w)
{
	struct desk_answer answer;
	struct str word = find_step(w);
	const char *unsent;

	if (step(w, &answer) != 0 ||
	    desk_letter_answer(w->r->store, &w->r->conf->mail, w->in.writer,
		&answer, w->in.message_id, w->now, &unsent, w->e) != 0)
		return -1;
	mailbox_mask(w->said, w->in.writer);
	buf_puts(w->said, ": ");
	log_escape(w->said, word);
	say_answer(w, &answer, unsent);
	return 0;
}

/* Mail programs leave for people by a List-Unsubscribe address, and some of
 * them say that they are programs. */
static int
take_automatic(struct work *w)
{
	struct desk_answer answer;

	if (w->in.token.n > 0 &&
	    str_starts_nocase(w->in.extension, STR("leave-"))) {
		find_step(w);
		if (step(w, &answer) != 0)
			return -1;
		buf_puts(w->said, "a program left for somebody");
		return 0;
	}
	buf_printf(w->said, "left alone: %s", w->in.why);
	return 0;
}

static int
take(struct work *w)
{
	switch (w->in.kind) {
	case INCOMING_PERSON:
		return take_command(w);
	case INCOMING_REPORT:
		return take_report(w);
	case INCOMING_AUTOMATIC:
		return take_automatic(w);
	case INCOMING_LOOP:
		buf_printf(w->said, "left alone: %s", w->in.why);
		return 0;
	}
	return 0;
}

int
receive(const struct receive *r, struct str message,
    const struct incoming_envelope *envelope, int64_t now, struct buf *said,
    struct err *e)
{
	struct work w = {.r = r, .said = said, .now = now, .e = e};
	struct err why = ERR_INIT;
	struct arena a;
	int result;

	arena_init(&a);
	w.arena = &a;
	buf_init(&w.path, DESK_INPUT_MAX);
	buf_init(&w.title, ANSWER_MAX);
	buf_init(&w.text, ANSWER_MAX);
	if (incoming_parse(
		&w.in, &a, message, envelope, &r->conf->mail, &why) == 0)
		result = take(&w);
	else if (why.kind == ERR_INPUT || why.kind == ERR_LIMIT)
		result = keep_aside(&w, message, &why);
	else
		result = err_set(e, why.kind, "%s", why.msg);
	buf_release(&w.path);
	buf_release(&w.title);
	buf_release(&w.text);
	arena_release(&a);
	return result;
}
