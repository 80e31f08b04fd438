#include "mail/desk.h"
#include "mail/desk_step.h"

static const struct {
	const char *word;
	int (*answer)(struct step *s);
} steps[] = {
    {"c", desk_confirm},
    {"claim", desk_claim},
    {"code", desk_code},
    {"help", desk_help},
    {"leave", desk_leave},
    {"lists", desk_lists},
    {"me", desk_me},
    {"offer", desk_offer},
    {"organizers", desk_organizers},
    {"subscribe", desk_subscribe},
};

/* Takes the path apart; one "/" at its end says nothing. -1: it has too many
 * words, or an empty one. */
static int
split(struct step *s, struct str path)
{
	struct str rest = str_sub(path, 1, path.n), word = {NULL, 0};

	if (str_ends(rest, STR("/")))
		rest.n--;
	while (str_next(&rest, '/', &word)) {
		if (s->words == STEP_WORDS_MAX || word.n == 0)
			return -1;
		s->word[s->words++] = word;
	}
	return s->words > 0 ? 0 : -1;
}

static int
dispatch(struct step *s)
{
	if (!s->conf->mail.present || split(s, s->request->path) != 0)
		return step_missing(s);
	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
		if (str_is(s->word[0], steps[i].word))
			return steps[i].answer(s);
	return step_missing(s);
}

const struct conf_site *
step_site(const struct conf *conf, struct str host)
{
	for (size_t i = 0; i < conf->site_count; i++) {
		const struct conf_site *site = &conf->sites[i];

		if (str_eq_nocase(site->host, host))
			return site;
		for (size_t j = 0; j < site->alias_count; j++)
			if (str_eq_nocase(site->aliases[j], host))
				return site;
	}
	return &conf->sites[0];
}

int
desk_answer(const struct desk *desk, const struct desk_request *request,
    int64_t now, struct buf *title, struct buf *text, struct desk_answer *out,
    struct err *e)
{
	struct step s = {.conf = desk->conf,
	    .site = step_site(desk->conf, request->host),
	    .store = desk->store,
	    .request = request,
	    .now = now,
	    .title = title,
	    .text = text,
	    .e = e};
	size_t title_len, reply_to_end;
	int result;

	buf_clear(title);
	buf_clear(text);
	arena_init(&s.arena);
	result = dispatch(&s);
	/* They outlive the arena there. */
	title_len = title->len;
	buf_str(title, s.reply_to);
	reply_to_end = title->len;
	buf_str(title, s.owner);
	if (result == 0)
		result = arena_ok(&s.arena, e);
	if (result == 0)
		result = buf_ok(title, "the title", e);
	if (result == 0)
		result = buf_ok(text, "the answer", e);
	arena_release(&s.arena);
	*out = (struct desk_answer){.kind = s.kind,
	    .title = str_sub(buf_slice(title), 0, title_len),
	    .text = buf_slice(text),
	    .reply_to = str_sub(buf_slice(title), title_len, reply_to_end),
	    .owner = str_sub(buf_slice(title), reply_to_end, title->len),
	    .unsent = s.unsent};
	return result;
}

int
desk_mail_path(struct buf *to, struct str extension)
{
	static const struct {
		struct str word; /* a token follows those that end in "-" */
		const char *before, *behind;
	} words[] = {
	    {STR("claim-"), "/claim/", ""},
	    {STR("withdraw-"), "/claim/", "/withdraw/yes"},
	    {STR("yes-"), "/claim/", "/yes"},
	    {STR("subscribe"), "/subscribe", ""},
	    {STR("subscribe-"), "/subscribe/", ""},
	    {STR("confirm-"), "/c/", "/yes"},
	    {STR("leave"), "/leave", ""},
	    {STR("leave-"), "/leave/", "/yes"},
	    {STR("undo-"), "/leave/", "/undo"},
	    {STR("lists-"), "/lists/", ""},
	    {STR("help"), "/help", ""},
	};

	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		struct str word = words[i].word;
		struct str rest = str_sub(extension, word.n, extension.n);

		if (!str_starts_nocase(extension, word) ||
		    (rest.n > 0) != str_ends(word, STR("-")) ||
		    str_chr(rest, '/') >= 0)
			continue;
		buf_puts(to, words[i].before);
		buf_str(to, rest);
		buf_puts(to, words[i].behind);
		return 0;
	}
	return -1;
}

bool
desk_takes_words(struct str path)
{
	return str_starts(path, STR("/claim/")) && str_chr(path, '-') >= 0;
}
