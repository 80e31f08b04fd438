/*
 * Static probes (USDT) for DTrace, bpftrace, perf and SystemTap. A probe is a
 * no-op instruction and a note in the program; its arguments must be values
 * that are at hand anyway, so that nothing is computed for them. Where
 * <sys/sdt.h> is missing they vanish.
 *
 * A probe's name is written with "__" for "-", as the tools expect.
 */
#ifndef BASE_PROBES_H
#define BASE_PROBES_H

#if defined(__has_include)
#if __has_include(<sys/sdt.h>)
/* A constant or a register: where a tool can't read a variable by its name. */
#define STAP_SDT_ARG_CONSTRAINT nr
#include <sys/sdt.h>
#define PROBES_PRESENT 1
#endif
#endif

#ifdef PROBES_PRESENT
#define PROBE0(provider, name) DTRACE_PROBE(provider, name)
#define PROBE1(provider, name, a) DTRACE_PROBE1(provider, name, a)
#define PROBE2(provider, name, a, b) DTRACE_PROBE2(provider, name, a, b)
#define PROBE3(provider, name, a, b, c) DTRACE_PROBE3(provider, name, a, b, c)
#define PROBE4(provider, name, a, b, c, d)                                     \
	DTRACE_PROBE4(provider, name, a, b, c, d)
#define PROBE5(provider, name, a, b, c, d, e)                                  \
	DTRACE_PROBE5(provider, name, a, b, c, d, e)
#else
#define PROBE0(provider, name) ((void)0)
#define PROBE1(provider, name, a) ((void)(a))
#define PROBE2(provider, name, a, b) ((void)(a), (void)(b))
#define PROBE3(provider, name, a, b, c) ((void)(a), (void)(b), (void)(c))
#define PROBE4(provider, name, a, b, c, d)                                     \
	((void)(a), (void)(b), (void)(c), (void)(d))
#define PROBE5(provider, name, a, b, c, d, e)                                  \
	((void)(a), (void)(b), (void)(c), (void)(d), (void)(e))
#endif

#endif
