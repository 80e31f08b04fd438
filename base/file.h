/*
 * Whole files, and opening without being led astray. Paths are relative to
 * the directory descriptor given (AT_FDCWD for the working directory).
 */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

#include <sys/types.h>

/*
 * Opens a regular file for reading, never outside the tree below dir: an
 * absolute path, "..", and a symbolic link that leaves the tree are refused
 * (openat2 with RESOLVE_BENEATH; where the kernel lacks it, a walk segment by
 * segment with O_NOFOLLOW). A FIFO, device, socket or directory is refused
 * without being opened. ERR_MISSING when it is not there, ERR_REFUSED for the
 * rest. Returns the descriptor or -1; *size, if given, is its length.
 */
int file_open_beneath(int dir, const char *path, off_t *size, struct err *e);

/* Reads all of a regular file into the buffer (its ceiling is the limit).
 * Every error names the path. */
int file_read(struct buf *to, int dir, const char *path, struct err *e);
/* The same from an open descriptor of any kind, up to its end. name is for
 * the error. */
int file_read_fd(struct buf *to, int fd, const char *name, struct err *e);

/*
 * Replaces a file so that at any instant, also after a power cut, the old or
 * the new content stands there whole: a temporary file beside it, fsync,
 * rename, fsync of the directory. On failure the old one is as it was. What
 * root makes belongs to whom the folder belongs to, so that a command run by
 * root leaves nothing that the daemon of another user cannot read.
 */
int file_write(int dir, const char *path, mode_t mode, struct str content,
    struct err *e);

/* Makes a directory and those above it (0755 above, mode for itself). One that
 * exists is fine and its mode left alone. Owners as of file_write. */
int file_make_dir(const char *path, mode_t mode, struct err *e);

/* Writes all of it, whatever write(2) takes at a time. */
int file_write_all(int fd, struct str content);

#endif
