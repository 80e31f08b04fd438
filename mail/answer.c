#include "mail/answer.h"
#include "base/arena.h"
#include "mail/store_claim.h"

/* Whose and which it is. */
static struct str
bound(struct arena *a, int64_t claim, struct str field)
{
	return arena_printf(a, "%lld %.*s", (long long)claim, STR_ARG(field));
}

int
answer_load(struct buf *to, struct store *store, const struct seal *seal,
    int64_t claim, struct str field, struct err *e)
{
	struct err why = ERR_INIT;
	struct str sealed, name;
	struct arena a;
	int result;

	arena_init(&a);
	name = bound(&a, claim, field);
	if (store_answer(store, &sealed, &a, claim, field, &why) == 0)
		result = seal_take(to, seal, sealed, name, e) == 0 ? 1 : -1;
	else if (why.kind == ERR_MISSING)
		result = 0;
	else
		result = err_set(e, why.kind, "%s", why.msg);
	if (result < 0)
		err_wrap(e, "claim %lld", (long long)claim);
	arena_release(&a);
	return result;
}

int
answer_store(struct store *store, const struct seal *seal, int64_t claim,
    struct str field, struct str value, struct err *e)
{
	struct buf sealed;
	struct arena a;
	int result;

	arena_init(&a);
	buf_init(&sealed, value.n + SEAL_ADDS);
	result = seal_put(&sealed, seal, value, bound(&a, claim, field), e);
	if (result == 0 && (result = arena_ok(&a, e)) == 0)
		result = store_answer_put(
		    store, claim, field, buf_slice(&sealed), e);
	buf_release(&sealed);
	arena_release(&a);
	return result;
}
