#include "server/desk_line.h"
#include "tests/t.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static const struct desk_request asked = {
    .way = DESK_GEMINI,
    .host = {"localhost", 9},
    .path = {"/subscribe", 10},
    .input = {"ann@example.org", 15},
    .has_input = true,
    .network = {"192.0.2.0/24", 12},
};

/* The keeper, a worker and the desk in one process: nothing blocks. */
struct scene {
	struct desk_line line;
	char path[256];
	int desk; /* listens; -1: nobody */
	struct desk_call call;
	struct desk_answer answer;
	struct err e;
};

static void
begin(struct scene *s, bool is_open)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	*s = (struct scene){.desk = -1};
	snprintf(s->path, sizeof s->path, "%s/desk.sock", t_tmpdir());
	unlink(s->path);
	T_OK(desk_line_open(&s->line, &s->e) == 0, "the line");
	desk_call_init(&s->call);
	if (!is_open)
		return;
	s->desk = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	memcpy(address.sun_path, s->path, strlen(s->path) + 1);
	T_OK(bind(s->desk, (struct sockaddr *)&address, sizeof address) == 0 &&
		listen(s->desk, 1) == 0,
	    "the desk listens");
}

static void
end(struct scene *s)
{
	desk_call_release(&s->call);
	desk_line_close(&s->line);
	if (s->desk >= 0)
		close(s->desk);
}

static int
step(struct scene *s)
{
	return desk_call_step(&s->call, &s->answer, &s->e);
}

static bool
is_readable(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	return poll(&p, 1, 0) == 1;
}

/* The desk takes the call and hears what is asked. */
static int
pick_up(struct scene *s)
{
	char packet[DESK_PACKET_MAX];
	struct desk_request heard;
	int fd;
	ssize_t n;

	T_OK(desk_call_begin(&s->call, &s->line, &asked, &s->e) == 0, "begins");
	T_OK(step(s) == 0, "waits for the keeper");
	desk_line_serve(&s->line, s->path);
	T_OK(is_readable(s->call.fd), "the keeper has answered");
	T_OK(step(s) == 0, "waits for the desk");
	fd = accept(s->desk, NULL, NULL);
	n = recv(fd, packet, sizeof packet, 0);
	T_OK(n > 0 &&
		desk_parse_request(
		    &heard, (struct str){packet, (size_t)n}, &s->e) == 0,
	    "the desk hears it");
	T_EQ_STR(heard.path, asked.path, "the path");
	T_EQ_STR(heard.input, asked.input, "what was typed");
	return fd;
}

static void
asks_and_is_answered(void)
{
	const struct desk_answer said = {
	    .kind = DESK_SHOW, .title = STR("Mail"), .text = STR("Look.")};
	struct scene s;
	struct buf packet;
	int fd;

	begin(&s, true);
	fd = pick_up(&s);
	buf_init(&packet, DESK_PACKET_MAX);
	desk_put_answer(&packet, &said, NULL);
	send(fd, packet.data, packet.len, 0);
	T_OK(step(&s) == 1, "is answered: %s", s.e.msg);
	T_EQ_INT(s.answer.kind, DESK_SHOW, "kind");
	T_EQ_STR(s.answer.title, said.title, "title");
	T_EQ_STR(s.answer.text, said.text, "text");
	buf_release(&packet);
	close(fd);
	end(&s);
}

static void
notices_that_nobody_is_there(void)
{
	struct scene s;

	begin(&s, false);
	T_OK(desk_call_begin(&s.call, &s.line, &asked, &s.e) == 0, "begins");
	desk_line_serve(&s.line, s.path);
	T_OK(step(&s) == -1 && s.e.kind == ERR_LATER, "nobody listens");
	end(&s);
}

static void
notices_that_the_desk_has_gone(void)
{
	struct scene s;
	int fd;

	begin(&s, true);
	fd = pick_up(&s);
	close(fd);
	T_OK(step(&s) == -1 && s.e.kind == ERR_LATER, "it hung up");
	end(&s);
}

static void
believes_no_nonsense(void)
{
	struct scene s;
	int fd;

	begin(&s, true);
	fd = pick_up(&s);
	send(fd, "desk 2\n", 7, 0);
	T_OK(step(&s) == -1 && s.e.kind == ERR_INPUT, "another version");
	close(fd);
	end(&s);
}

/* Whatever a worker that was taken over sends, the keeper goes on. */
static void
keeper_takes_anything(void)
{
	struct scene s;

	begin(&s, true);
	send(s.line.workers, "x", 1, MSG_DONTWAIT);
	send(s.line.workers, "", 0, MSG_DONTWAIT);
	desk_line_serve(&s.line, s.path);
	T_OK(!is_readable(s.line.keeper), "what carries nothing is dropped");
	for (int i = 0; i < 1000; i++)
		if (send(s.line.workers, "x", 1, MSG_DONTWAIT) < 0)
			break;
	T_OK(desk_call_begin(&s.call, &s.line, &asked, &s.e) == -1 &&
		s.e.kind == ERR_LATER,
	    "a line that is full keeps nobody waiting");
	while (is_readable(s.line.keeper))
		desk_line_serve(&s.line, s.path);
	desk_call_release(&s.call);
	err_clear(&s.e);
	close(pick_up(&s));
	end(&s);
}

int
main(void)
{
	T_RUN(asks_and_is_answered);
	T_RUN(notices_that_nobody_is_there);
	T_RUN(notices_that_the_desk_has_gone);
	T_RUN(believes_no_nonsense);
	T_RUN(keeper_takes_anything);
	return t_done();
}
