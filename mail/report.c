#include "mail/report.h"
#include "base/buf.h"
#include "base/log.h"

#define CLASS_TEMPORARY '4'
#define CLASS_PERMANENT '5'
#define GUESS_LINES_MAX 200

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
has_phrase(struct str line, const char *phrase)
{
	struct str p = str_of(phrase);

	for (size_t i = 0; i + p.n <= line.n; i++)
		if (str_eq_nocase(str_sub(line, i, p.n), p))
			return true;
	return false;
}

static bool
has_any(struct str line, const char *const *phrases)
{
	for (; *phrases != NULL; phrases++)
		if (has_phrase(line, *phrases))
			return true;
	return false;
}

/* How many bytes of s are digits, from at on. */
static size_t
digits(struct str s, size_t at)
{
	size_t n = 0;

	while (at + n < s.n && is_digit(s.p[at + n]))
		n++;
	return n;
}

/* The status that begins at `at`: "5.1.1", or nothing. RFC 3463 knows the
 * subjects 0 to 7; without that any version number would be one. */
static struct str
status_at(struct str s, size_t at)
{
	size_t detail = at + 4, end;

	if (detail >= s.n || s.p[at + 1] != '.' || s.p[at + 3] != '.' ||
	    (s.p[at] != '2' && s.p[at] != CLASS_TEMPORARY &&
		s.p[at] != CLASS_PERMANENT) ||
	    s.p[at + 2] < '0' || s.p[at + 2] > '7')
		return (struct str){0};
	end = detail + digits(s, detail);
	if (end == detail || end - detail > 3 ||
	    (end + 1 < s.n && s.p[end] == '.' && is_digit(s.p[end + 1])))
		return (struct str){0};
	return str_sub(s, at, end - at);
}

/* The first status in a line, which is no part of a number or address. */
static struct str
find_status(struct str line)
{
	for (size_t i = 0; i + 5 <= line.n; i++) {
		struct str status = {0};

		if (i == 0 ||
		    (!is_digit(line.p[i - 1]) && line.p[i - 1] != '.'))
			status = status_at(line, i);
		if (status.n > 0)
			return status;
	}
	return (struct str){0};
}

/* Where somebody begins to speak: "550 no", "said: 550 no", "<<< 550 no". */
static bool
is_beginning(struct str line, size_t at)
{
	struct str before = str_trim(str_sub(line, 0, at));

	return before.n == 0 || str_ends(before, STR(":")) ||
	    str_ends(before, STR("<<<"));
}

/* The class of the first reply code in a line, or 0. */
static char
find_code(struct str line)
{
	for (size_t i = 0; i + 4 <= line.n; i++) {
		char class = line.p[i], behind = line.p[i + 3];

		if ((class == CLASS_TEMPORARY || class == CLASS_PERMANENT) &&
		    digits(line, i) == 3 && line.p[i + 1] <= '5' &&
		    (behind == ' ' || behind == '-') && is_beginning(line, i))
			return class;
	}
	return 0;
}

/* One line that can be printed, cut where it must be. */
static struct str
as_said(struct arena *a, struct str text)
{
	struct buf line;
	struct str said;

	buf_init(&line, REPORT_SAID_MAX * 8);
	log_escape(&line, str_sub(str_trim(text), 0, REPORT_SAID_MAX));
	said = arena_buf(a, &line);
	buf_release(&line);
	return said;
}

/* The worst outcome of all counts, and of those the first with a status. */
static void
note(struct report *out, struct arena *a, enum report_outcome outcome,
    struct str status, struct str said)
{
	if (outcome == REPORT_UNKNOWN || outcome < out->outcome ||
	    (outcome == out->outcome && (out->status.n > 0 || status.n == 0)))
		return;
	out->outcome = outcome;
	out->status = arena_str(a, status);
	out->said = as_said(a, said);
}

/* The fields of one recipient, as far as they are known. */
struct recipient {
	struct str action;
	struct str status;
	struct str diagnostic;
};

static void
end_recipient(struct report *out, struct arena *a, struct recipient *r)
{
	struct str status = r->status.n > 0 ? find_status(r->status)
					    : find_status(r->diagnostic);
	enum report_outcome outcome = REPORT_UNKNOWN;

	if (str_eq_nocase(r->action, STR("failed")))
		outcome = status.n > 0 && status.p[0] == CLASS_TEMPORARY
		    ? REPORT_TEMPORARY
		    : REPORT_PERMANENT;
	else if (str_eq_nocase(r->action, STR("delayed")))
		outcome = REPORT_DELAYED;
	else if (str_eq_nocase(r->action, STR("delivered")) ||
	    str_eq_nocase(r->action, STR("relayed")) ||
	    str_eq_nocase(r->action, STR("expanded")))
		outcome = REPORT_GOOD;
	note(out, a, outcome, status, r->diagnostic);
	*r = (struct recipient){0};
}

/* "Action: failed (expired)" without what stands in brackets behind it. */
static struct str
first_word(struct str value)
{
	size_t n = 0;

	while (n < value.n && value.p[n] != ' ' && value.p[n] != '\t' &&
	    value.p[n] != '(' && value.p[n] != ';')
		n++;
	return str_sub(value, 0, n);
}

/* "smtp; 550 no": who said so and what. */
static struct str
without_type(struct str value)
{
	ptrdiff_t semicolon = str_chr(value, ';');

	return str_trim(str_sub(value, (size_t)(semicolon + 1), value.n));
}

static void
take_field(struct recipient *r, struct str name, struct str value)
{
	if (str_eq_nocase(name, STR("Action")))
		r->action = first_word(value);
	else if (str_eq_nocase(name, STR("Status")))
		r->status = first_word(value);
	else if (str_eq_nocase(name, STR("Diagnostic-Code")))
		r->diagnostic = without_type(value);
}

/* A field goes on in lines that begin with a blank. The text has no folded
 * line twice, so the slice may run over its ends. */
static struct str
with_folds(struct str line, struct str *rest)
{
	struct str next, after = *rest;

	while (str_next_line(&after, &next) && next.n > 0 &&
	    (next.p[0] == ' ' || next.p[0] == '\t')) {
		line.n = (size_t)(next.p + next.n - line.p);
		*rest = after;
	}
	return line;
}

void
report_parse(struct report *out, struct arena *a, struct str text)
{
	struct recipient r = {0};
	struct str rest = text, line = {0};

	*out = (struct report){0};
	while (str_next_line(&rest, &line)) {
		ptrdiff_t colon;

		if (str_trim(line).n == 0) {
			end_recipient(out, a, &r);
			continue;
		}
		line = with_folds(line, &rest);
		colon = str_chr(line, ':');
		if (colon > 0)
			take_field(&r,
			    str_trim(str_sub(line, 0, (size_t)colon)),
			    str_trim(str_sub(line, (size_t)colon + 1, line.n)));
	}
	end_recipient(out, a, &r);
}

/* Where the message that came back begins: what it says is nobody's report. */
static bool
is_copy(struct str line)
{
	static const char *const marks[] = {"copy of the message",
	    "copy of your message", "copy of the original", "original message",
	    "message headers follow", "unsent message below", NULL};

	return has_any(line, marks);
}

static enum report_outcome
weigh_phrases(struct str line)
{
	static const char *const delayed[] = {"will be retried",
	    "will keep trying", "will continue to try", "delivery is delayed",
	    "delayed mail", "has been delayed", "not yet been delivered",
	    "you do not need to resend", NULL};
	static const char *const gone[] = {"user unknown", "unknown user",
	    "no such user", "no such recipient", "no such mailbox",
	    "no mailbox here", "mailbox unavailable", "mailbox not found",
	    "user not found", "recipient not found", "does not exist",
	    "doesn't exist", "unknown recipient", "recipient unknown",
	    "address rejected", "invalid recipient", "invalid mailbox",
	    "account has been disabled", "account is disabled",
	    "unrouteable address", "host not found", "domain not found", NULL};
	static const char *const passing[] = {"mailbox is full", "mailbox full",
	    "over quota", "quota exceeded", "exceeded storage",
	    "connection timed out", "temporarily unavailable",
	    "retry timeout exceeded", "try again later", NULL};

	return has_any(line, delayed) ? REPORT_DELAYED
	    : has_any(line, gone)     ? REPORT_PERMANENT
	    : has_any(line, passing)  ? REPORT_TEMPORARY
				      : REPORT_UNKNOWN;
}

/* A status says most, then a reply code, then words. Returns whether the line
 * says that the message is still being tried. */
static bool
guess_line(struct report *out, struct arena *a, struct str line)
{
	struct str status = find_status(line);
	enum report_outcome words = weigh_phrases(line);
	char class = status.n > 0 ? status.p[0] : find_code(line);

	if (words == REPORT_DELAYED)
		return true;
	if (class == CLASS_PERMANENT)
		words = REPORT_PERMANENT;
	else if (class == CLASS_TEMPORARY)
		words = REPORT_TEMPORARY;
	note(out, a, words, status, line);
	return false;
}

void
report_guess(struct report *out, struct arena *a, struct str text)
{
	struct str rest = text, line = {0};
	bool is_tried = false;

	*out = (struct report){0};
	for (int i = 0; i < GUESS_LINES_MAX && str_next_line(&rest, &line) &&
	     !is_copy(line);
	     i++)
		is_tried |= guess_line(out, a, line);
	if (is_tried && out->outcome != REPORT_PERMANENT)
		out->outcome = REPORT_DELAYED;
}
