#include "mail/bounce_score.h"

#include <stdbool.h>

#define DAY 86400
#define DAYS_KNOWN 64

/* "5.1.1" */
struct status {
	int64_t class, subject, detail;
};

static bool
parse_status(struct status *out, struct str text)
{
	int64_t *const parts[] = {&out->class, &out->subject, &out->detail};
	struct str rest = str_trim(text), part = {NULL, 0};

	for (size_t i = 0; i < 3; i++)
		if (!str_next(&rest, '.', &part) ||
		    (*parts[i] = str_number(part, 999)) < 0)
			return false;
	return rest.n == 0;
}

/* ASCII letters without case; haystacks are a line of an answer. */
static bool
has_word(struct str text, const char *word)
{
	struct str w = str_of(word);

	for (size_t i = 0; i + w.n <= text.n; i++)
		if (str_eq_nocase(str_sub(text, i, w.n), w))
			return true;
	return false;
}

static bool
has_any(struct str text, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (has_word(text, words[i]))
			return true;
	return false;
}

/* Servers without a status say these of what they will not have, of whom they
 * will not have it from, and for whom they do not work. */
static bool
is_about_us(struct str text)
{
	static const char *const words[] = {"spam", "blacklist", "black list",
	    "blocklist", "block list", "blocked", "policy", "reputation",
	    "dmarc", "dkim", " spf", "content", "virus", "too large", "too big",
	    "rate limit", "greylist", "relay", "sender", "authenticat"};

	return has_any(text, words, sizeof words / sizeof *words);
}

static bool
is_full(struct str text)
{
	static const char *const words[] = {"quota", "mailbox full",
	    "mailbox is full", "over limit", "storage"};

	return has_any(text, words, sizeof words / sizeof *words);
}

static enum bounce_weight
weigh_words(const struct store_bounce *bounce)
{
	if (is_about_us(bounce->text))
		return BOUNCE_NOTHING;
	if (!bounce->permanent || is_full(bounce->text))
		return BOUNCE_TEMPORARY;
	return BOUNCE_PERMANENT;
}

/* RFC 3463, section 3. */
static enum bounce_weight
weigh_status(const struct status *s, const struct store_bounce *bounce)
{
	bool permanent = s->class == 5 && bounce->permanent;

	switch (s->subject) {
	case 0: /* nothing more is said */
		return weigh_words(bounce);
	case 1: /* address; 7 and 8 are the sender's */
		if (s->detail == 7 || s->detail == 8)
			return BOUNCE_NOTHING;
		return permanent ? BOUNCE_PERMANENT : BOUNCE_TEMPORARY;
	case 2: /* mailbox; 2 is full, 3 is a message too long */
		if (s->detail == 3)
			return BOUNCE_NOTHING;
		if (s->detail == 2)
			return BOUNCE_TEMPORARY;
		return permanent ? BOUNCE_PERMANENT : BOUNCE_TEMPORARY;
	case 3: /* their system; 4 is a message too big */
		return s->detail == 4 ? BOUNCE_NOTHING : BOUNCE_TEMPORARY;
	case 4: /* the way there; 4 is a domain that has none */
		return permanent && s->detail == 4 ? BOUNCE_PERMANENT
						   : BOUNCE_TEMPORARY;
	default: /* 5 protocol, 6 content, 7 policy */
		return BOUNCE_NOTHING;
	}
}

enum bounce_weight
bounce_weigh(const struct store_bounce *bounce)
{
	struct status status;

	if (bounce->is_excused)
		return BOUNCE_NOTHING;
	if (!parse_status(&status, bounce->status))
		return weigh_words(bounce);
	/* 2 is no failure. */
	if (status.class != 4 && status.class != 5)
		return BOUNCE_NOTHING;
	return weigh_status(&status, bounce);
}

static bool
came_back(const struct store_bounce *bounces, size_t count, int64_t sent)
{
	for (size_t i = 0; i < count; i++)
		if (bounces[i].at >= sent &&
		    bounces[i].at <= sent + BOUNCE_COMES_WITHIN)
			return true;
	return false;
}

int64_t
bounce_arrived(const struct store_bounce *bounces, size_t count,
    const int64_t *sent, size_t sent_count, int64_t now)
{
	int64_t last = 0;

	for (size_t i = 0; i < sent_count; i++)
		if (sent[i] > last && sent[i] + BOUNCE_COMES_WITHIN <= now &&
		    !came_back(bounces, count, sent[i]))
			last = sent[i];
	return last;
}

/* Takes a day down unless it is known. */
static void
note_day(int64_t *days, int *count, int64_t day)
{
	for (int i = 0; i < *count; i++)
		if (days[i] == day)
			return;
	if (*count < DAYS_KNOWN)
		days[(*count)++] = day;
}

struct bounce_score
bounce_score(const struct store_bounce *bounces, size_t count, int64_t since,
    int64_t now)
{
	const struct store_bounce *permanent = NULL, *temporary = NULL;
	struct bounce_score score = {0};
	int64_t days[DAYS_KNOWN];

	for (size_t i = 0; i < count; i++) {
		const struct store_bounce *b = &bounces[i];
		enum bounce_weight weight = bounce_weigh(b);

		if (b->at <= since || b->at <= now - BOUNCE_COUNTS_FOR)
			continue;
		if (weight == BOUNCE_PERMANENT &&
		    (permanent == NULL || b->at > permanent->at))
			permanent = b;
		if (weight != BOUNCE_TEMPORARY)
			continue;
		if (temporary == NULL || b->at > temporary->at)
			temporary = b;
		note_day(days, &score.days, b->at / DAY);
	}
	if (permanent != NULL)
		score.why = permanent;
	else if (score.days >= BOUNCE_DAYS_MAX)
		score.why = temporary;
	return score;
}
