#include "server/desk_line.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* Served at a time; the keeper has other things to do, too. */
#define SERVE_AT_ONCE 64

int
desk_line_open(struct desk_line *line, struct err *e)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0,
		ends) != 0)
		return err_sys(e, "the line to the desk cannot be made");
	*line = (struct desk_line){.keeper = ends[0], .workers = ends[1]};
	return 0;
}

void
desk_line_close(struct desk_line *line)
{
	if (line->keeper >= 0)
		close(line->keeper);
	if (line->workers >= 0)
		close(line->workers);
	*line = (struct desk_line){-1, -1};
}

/* One byte that carries a descriptor; without one, nothing but the byte. */
static bool
send_fd(int to, int fd)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = {0};
	char byte = 0;
	struct iovec data = {&byte, 1};
	struct msghdr m = {.msg_iov = &data,
	    .msg_iovlen = 1,
	    .msg_control = control.bytes,
	    .msg_controllen = sizeof control.bytes};
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof fd);
	memcpy(CMSG_DATA(c), &fd, sizeof fd);
	return sendmsg(to, &m, MSG_DONTWAIT | MSG_NOSIGNAL) == 1;
}

/* -1 with errno EAGAIN: nothing is there yet. Room is for one descriptor; the
 * kernel closes what more somebody sends. */
static int
receive_fd(int from)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = {0};
	char byte;
	struct iovec data = {&byte, 1};
	struct msghdr m = {.msg_iov = &data,
	    .msg_iovlen = 1,
	    .msg_control = control.bytes,
	    .msg_controllen = sizeof control.bytes};
	const struct cmsghdr *c;
	int fd = -1;

	if (recvmsg(from, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) < 0)
		return -1;
	errno = EPROTO;
	c = CMSG_FIRSTHDR(&m);
	if (c != NULL && c->cmsg_level == SOL_SOCKET &&
	    c->cmsg_type == SCM_RIGHTS && c->cmsg_len == CMSG_LEN(sizeof fd))
		memcpy(&fd, CMSG_DATA(c), sizeof fd);
	return fd;
}

static int
connect_desk(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd;

	if (strlen(path) >= sizeof address.sun_path)
		return -1;
	memcpy(address.sun_path, path, strlen(path));
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0 &&
	    connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
		close(fd);
		return -1;
	}
	return fd;
}

void
desk_line_serve(const struct desk_line *line, const char *socket_path)
{
	for (int i = 0; i < SERVE_AT_ONCE; i++) {
		int back = receive_fd(line->keeper), desk;

		if (back < 0 && errno != EPROTO)
			return;
		if (back < 0)
			continue;
		desk = connect_desk(socket_path);
		if (desk >= 0) {
			send_fd(back, desk);
			close(desk);
		}
		close(back);
	}
}

void
desk_call_init(struct desk_call *c)
{
	*c = (struct desk_call){.fd = -1};
	buf_init(&c->request, DESK_PACKET_MAX);
	buf_init(&c->answer, DESK_PACKET_MAX);
}

void
desk_call_release(struct desk_call *c)
{
	if (c->fd >= 0)
		close(c->fd);
	buf_release(&c->request);
	buf_release(&c->answer);
	desk_call_init(c);
}

static int
nobody(struct err *e)
{
	return err_set(e, ERR_LATER, "nobody answers at the desk");
}

int
desk_call_begin(struct desk_call *c, const struct desk_line *line,
    const struct desk_request *request, struct err *e)
{
	int ends[2];
	bool is_sent;

	if (desk_put_request(&c->request, request, e) != 0)
		return -1;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK,
		0, ends) != 0)
		return err_sys(e, "the desk cannot be asked");
	is_sent = send_fd(line->workers, ends[1]);
	close(ends[1]);
	c->fd = ends[0];
	return is_sent ? 0 : nobody(e);
}

/* The keeper has sent the connection, or closed its end. */
static int
take_connection(struct desk_call *c, struct err *e)
{
	int fd = receive_fd(c->fd);

	if (fd < 0 && errno == EAGAIN)
		return 0;
	close(c->fd);
	c->fd = fd;
	c->is_connected = true;
	if (fd < 0 ||
	    send(fd, c->request.data, c->request.len,
		MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		return nobody(e);
	return 0;
}

int
desk_call_step(struct desk_call *c, struct desk_answer *answer, struct err *e)
{
	char *room;
	ssize_t n;

	if (!c->is_connected)
		return take_connection(c, e);
	room = buf_room(&c->answer, DESK_PACKET_MAX - c->answer.len);
	if (room == NULL)
		return buf_ok(&c->answer, "the desk's answer", e);
	n = recv(c->fd, room, DESK_PACKET_MAX, MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n <= 0)
		return nobody(e);
	buf_grew(&c->answer, (size_t)n);
	if (desk_parse_answer(answer, buf_slice(&c->answer), e) != 0)
		return err_wrap(e, "the desk's answer");
	return 1;
}
