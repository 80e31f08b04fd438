#include "base/desk.h"
#include "tests/t.h"

#include <stdio.h>
#include <string.h>

#define HEX8 "0123abcd"
#define HEX64 HEX8 HEX8 HEX8 HEX8 HEX8 HEX8 HEX8 HEX8

static const struct desk_request requests[] = {
    {.way = DESK_GEMINI, .path = STR("/subscribe")},
    {.way = DESK_GOPHER, .path = STR("/subscribe"), .has_input = true},
    {.way = DESK_GEMINI,
	.host = STR("capsule.example.org"),
	.path = STR("/code/abc"),
	.input = STR("12 34 56\nand \xc3\xa4 line\n"),
	.has_input = true,
	.network = STR("192.0.2.0/24"),
	.certificate = STR(HEX64)},
    {.way = DESK_MAIL,
	.path = STR("/leave"),
	.network = STR("ann@example.org")},
};

static const struct desk_answer answers[] = {
    {.kind = DESK_ASK, .text = STR("Your e-mail address")},
    {.kind = DESK_SHOW, .title = STR("A title"), .text = STR("text\n\nmore")},
    {.kind = DESK_LATER},
    {.kind = DESK_ASK_SECRET, .text = STR("kind 4\nshow\n")},
};

static bool
same_request(const struct desk_request *a, const struct desk_request *b)
{
	return a->way == b->way && str_eq(a->host, b->host) &&
	    str_eq(a->path, b->path) && str_eq(a->input, b->input) &&
	    a->has_input == b->has_input && str_eq(a->network, b->network) &&
	    str_eq(a->certificate, b->certificate);
}

static int
parse_either(bool is_request, struct str packet, struct err *e)
{
	struct desk_request r;
	struct desk_answer a;

	return is_request ? desk_parse_request(&r, packet, e)
			  : desk_parse_answer(&a, packet, e);
}

/* Every beginning of it is refused, or is whole by itself: a field less. */
static void
cut_short(bool is_request, struct str packet)
{
	struct str body = str_sub(packet, 7, packet.n);

	for (size_t n = 0; n < packet.n; n++) {
		struct str cut = t_guard(str_sub(packet, 0, n));
		struct err e = ERR_INIT;
		int got = parse_either(is_request, cut, &e);

		if (got == 0 && str_find(body, STR(" ")) >= 0 && n > 7 &&
		    packet.p[n - 1] == '\n') {
			t_guard_free(cut);
			continue;
		}
		if (got == 0 || e.kind != ERR_INPUT || e.msg[0] == '\0')
			T_OK(false, "cut at %zu of %zu", n, packet.n);
		t_guard_free(cut);
	}
}

static void
requests_come_back(void)
{
	for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
		struct desk_request got = {0};
		struct err e = ERR_INIT;
		struct str packet;
		struct buf b;

		buf_init(&b, DESK_PACKET_MAX * 2);
		T_EQ_INT(
		    desk_put_request(&b, &requests[i], &e), 0, "put %zu", i);
		packet = t_guard(buf_slice(&b));
		T_EQ_INT(desk_parse_request(&got, packet, &e), 0,
		    "parsed %zu: %s", i, e.msg);
		T_OK(same_request(&got, &requests[i]), "the same %zu", i);
		cut_short(true, packet);
		t_guard_free(packet);
		buf_release(&b);
	}
}

static void
answers_come_back(void)
{
	for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
		struct desk_answer got = {0};
		struct err e = ERR_INIT;
		struct str packet;
		struct buf b;

		buf_init(&b, DESK_PACKET_MAX * 2);
		T_EQ_INT(desk_put_answer(&b, &answers[i], &e), 0, "put %zu", i);
		packet = t_guard(buf_slice(&b));
		T_EQ_INT(desk_parse_answer(&got, packet, &e), 0,
		    "parsed %zu: %s", i, e.msg);
		T_EQ_INT(got.kind, answers[i].kind, "kind %zu", i);
		T_EQ_STR(got.title, answers[i].title, "title %zu", i);
		T_EQ_STR(got.text, answers[i].text, "text %zu", i);
		cut_short(false, packet);
		t_guard_free(packet);
		buf_release(&b);
	}
}

static void
bad_packets_are_refused(void)
{
	static const struct {
		const char *why;
		bool is_request;
		struct str packet;
	} cases[] = {
	    {"nothing", true, STR("")},
	    {"another version", true, STR("desk 2\nway 4\nmail\npath 1\n/\n")},
	    {"no way", true, STR("desk 1\npath 1\n/\n")},
	    {"a way not known", true, STR("desk 1\nway 4\nfax!\npath 1\n/\n")},
	    {"no path", true, STR("desk 1\nway 4\nmail\n")},
	    {"a path that is none", true,
		STR("desk 1\nway 4\nmail\npath 1\nx\n")},
	    {"a field twice", true,
		STR("desk 1\nway 4\nmail\npath 1\n/\npath 1\n/\n")},
	    {"a field not known", true,
		STR("desk 1\nway 4\nmail\npath 1\n/\nsize 1\n1\n")},
	    {"an answer's field", true,
		STR("desk 1\nway 4\nmail\npath 1\n/\nkind 3\nask\n")},
	    {"a length too long", true,
		STR("desk 1\nway 4\nmail\npath 2\n/\n")},
	    {"a length too short", true,
		STR("desk 1\nway 4\nmail\npath 1\n/x\n")},
	    {"a length below zero", true,
		STR("desk 1\nway 4\nmail\npath -1\n/\n")},
	    {"a length that overflows", true,
		STR("desk 1\nway 4\nmail\npath 99999999999999999999\n/\n")},
	    {"no length", true, STR("desk 1\nway \nmail\npath 1\n/\n")},
	    {"no name", true, STR("desk 1\n 4\nmail\npath 1\n/\n")},
	    {"a name without a space", true, STR("desk 1\nway\n")},
	    {"bytes behind it", true, STR("desk 1\nway 4\nmail\npath 1\n/\nx")},
	    {"not UTF-8", true, STR("desk 1\nway 4\nmail\npath 2\n/\xff\n")},
	    {"a NUL", true, STR("desk 1\nway 4\nmail\npath 2\n/\0\n")},
	    {"a certificate too short", true,
		STR("desk 1\nway 4\nmail\npath 1\n/\ncertificate 2\nab\n")},
	    {"a certificate in capitals", true,
		STR("desk 1\nway 4\nmail\npath 1\n/\ncertificate 64\n"
		    "ABCDEF00" HEX8 HEX8 HEX8 HEX8 HEX8 HEX8 HEX8 "\n")},
	    {"an answer without a kind", false, STR("desk 1\ntext 1\nx\n")},
	    {"a kind not known", false, STR("desk 1\nkind 4\nsing\n")},
	    {"a request", false, STR("desk 1\nway 4\nmail\npath 1\n/\n")},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct str packet = t_guard(cases[i].packet);
		struct err e = ERR_INIT;

		T_EQ_INT(parse_either(cases[i].is_request, packet, &e), -1,
		    "%s is refused", cases[i].why);
		T_EQ_INT(e.kind, ERR_INPUT, "%s: as input", cases[i].why);
		t_guard_free(packet);
	}
}

static void
limits_hold(void)
{
	static char many[DESK_PACKET_MAX];
	struct desk_request r = {.way = DESK_GEMINI,
	    .path = STR("/subscribe"),
	    .input = {many, DESK_INPUT_MAX},
	    .has_input = true};
	struct desk_answer a = {
	    .kind = DESK_SHOW, .text = {many, DESK_PACKET_MAX - 100}};
	struct err e = ERR_INIT;
	struct buf b;

	memset(many, 'x', sizeof many);
	buf_init(&b, DESK_PACKET_MAX * 2);
	T_EQ_INT(desk_put_request(&b, &r, &e), 0, "as much as may be typed");
	T_EQ_INT(desk_parse_request(&r, buf_slice(&b), &e), 0, "is read");
	r.input = (struct str){many, DESK_INPUT_MAX + 1};
	T_EQ_INT(desk_put_request(&b, &r, &e), -1, "one byte more is not");
	T_EQ_INT(e.kind, ERR_LIMIT, "as too long");
	buf_clear(&b);
	T_EQ_INT(desk_put_answer(&b, &a, NULL), 0, "a long page");
	T_EQ_INT(desk_parse_answer(&a, buf_slice(&b), NULL), 0, "is read");
	buf_clear(&b);
	buf_puts(&b, "before");
	a.text = (struct str){many, DESK_PACKET_MAX};
	err_clear(&e);
	T_EQ_INT(desk_put_answer(&b, &a, &e), -1, "too long a page is not put");
	T_EQ_INT(e.kind, ERR_LIMIT, "as too long");
	T_EQ_STR(buf_slice(&b), STR("before"), "and nothing of it is");
	buf_release(&b);
}

static void
knows_what_asks(void)
{
	T_OK(desk_path_asks(STR("/subscribe")), "/subscribe");
	T_OK(desk_path_asks(STR("/subscribe/stream")), "/subscribe/LIST");
	T_OK(desk_path_asks(STR("/code/x")), "/code/REQUEST");
	T_OK(desk_path_asks(STR("/leave")), "/leave");
	T_OK(desk_path_asks(STR("/claim/news/shirt.md")), "/claim/SOURCE");
	T_OK(desk_path_asks(STR("/claim/x/type/address/1")), "a field");
	T_OK(!desk_path_asks(STR("/claim/news/shirt.md/x")), "a person's");
	T_OK(!desk_path_asks(STR("/claim/x/send/1")), "/claim/TOKEN/send");
	T_OK(!desk_path_asks(STR("/leave/x")), "/leave/TOKEN shows");
	T_OK(!desk_path_asks(STR("/c/x")), "/c/TOKEN shows");
	T_OK(!desk_path_asks(STR("/subscribers")), "another word");
}

int
main(void)
{
	T_RUN(requests_come_back);
	T_RUN(answers_come_back);
	T_RUN(bad_packets_are_refused);
	T_RUN(limits_hold);
	T_RUN(knows_what_asks);
	return t_done();
}
