/*
 * One session: a process with a store handle and a connection of its own that
 * delivers until nothing is due. Its owner (deliver.c) starts the program that
 * it is itself again, under another name; every main that opens a pool first
 * looks whether it is one.
 *
 *	queue -> lease a batch -> [claim -> message -> answer] ... -> lease ...
 *
 * The answer to one message and the claim of the next are one transaction, and
 * a message's first byte leaves when that is on the disk.
 */
#ifndef MAIL_DELIVER_SESSION_H
#define MAIL_DELIVER_SESSION_H

#include <stdbool.h>

#define SESSION_NAME "announce: session" /* argv[0]; argv[1] is its number */

bool session_is(int argc, char **argv);

/* All of main. Prints nothing; its owner reads what went wrong in the memory
 * that they share. */
int session_main(int argc, char **argv);

#endif
