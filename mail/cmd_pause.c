#include "base/clock.h"
#include "mail/cmd.h"
#include "mail/store_delivery.h"

/* Moves an announcement and says how it stands. */
static int
enter(struct store *s, int64_t id, enum announcement_state state,
    const char *what, struct err *e)
{
	struct store_totals totals;

	if (store_announcement_enter(s, id, state, clock_now(), e) != 0 ||
	    store_announcement_totals(s, id, &totals, e) != 0)
		return -1;
	cmd_say_totals(what, id, &totals);
	return 0;
}

static int
move(struct cmd_env *env, int argc, char **argv, enum announcement_state state,
    const char *what, struct err *e)
{
	static const struct cmd_option none[] = {{NULL, NULL, NULL}};
	struct store_announcement a;
	struct arena arena;
	struct store *s;
	int64_t id;
	int result;

	if (cmd_words(argc, argv, none, 1, 1, "an announcement's ID", e) < 0 ||
	    cmd_id(&id, argv[0], e) != 0 || cmd_store(env, &s, e) != 0)
		return -1;
	arena_init(&arena);
	result = cmd_announcement(s, &a, &arena, id, e);
	if (result == 0)
		result = enter(s, id, state, what, e);
	arena_release(&arena);
	store_close(s);
	return result;
}

int
cmd_pause(struct cmd_env *env, int argc, char **argv, struct err *e)
{
	return move(env, argc, argv, ANNOUNCEMENT_PAUSED, "is paused", e);
}

int
cmd_cancel(struct cmd_env *env, int argc, char **argv, struct err *e)
{
	return move(env, argc, argv, ANNOUNCEMENT_CANCELLED, "is cancelled", e);
}
