# capsule and announce: GNU make, no configure step.
#
#   make            build/capsule and build/announce
#   make run        set up, build, serve content/pages on localhost, and
#                   deliver mail into state/mail
#   make check      set up, build with sanitizers, run every test
#   make check-peers  real clients from Debian's packages, in a terminal
#   make bench      figures, beside what is installed; BENCH=name for one
#   make soak       the server under load and rude visitors for SECONDS=60
#   make fuzz       fuzz each parser for SECONDS=60; FUZZ=name for one;
#                   make fuzz-keep adds to the corpora what reached new code
#   make lint       formatter, clang-tidy, cppcheck, shellcheck, mandoc
#   make coverage   run the tests, and say which lines no test reaches
#   make deps       only the set-up
#   make install    PREFIX=/usr/local MANDIR= UNITDIR= SYSCONFDIR= DESTDIR=;
#                   and make uninstall with the same
#   make deb        a Debian package, build/capsule_VERSION_ARCH.deb
#   make dist       build/capsule-VERSION.tar.gz; make distcheck tries it
#   make check-bare all of that on a new and empty Debian; PARTS=run for one
#
# SAN=address,undefined puts sanitized objects into build-san/ instead.

PREFIX ?= /usr/local
MANDIR ?= $(PREFIX)/share/man
SYSCONFDIR ?= /etc
UNITDIR ?= $(PREFIX)/lib/systemd/system
DESTDIR ?=
PKG_CONFIG ?= pkg-config
INSTALL ?= install
CFLAGS ?= -O2 -g
VERSION := 0.1

ifdef FUZZING
OUT := build-fuzz
CC := clang
SANFLAGS := -fsanitize=fuzzer-no-link,address,undefined \
	-fno-sanitize-recover=all
else ifdef COVERAGE
OUT := build-cov
SANFLAGS := --coverage -fprofile-update=atomic -O0
# Lets the server's parts write down what they ran.
UNWALLED := build-cov/tests/unwalled.o -Wl,--wrap=_exit \
	-Wl,--wrap=sandbox_generation -Wl,--wrap=sandbox_worker
else ifdef SAN
OUT := build-san
SANFLAGS := -fsanitize=$(SAN) -fno-omit-frame-pointer -fno-sanitize-recover=all
else
OUT := build
endif

# What each folder may use: the packages whose headers its files include, and
# which folders' archives its programs link (tests/layers.sh holds the rest).
PKGS_base := yaml-0.1
PKGS_certs := libcrypto
PKGS_content := libcmark sqlite3
PKGS_server := libssl libcrypto libevent_core libevent_openssl libseccomp
PKGS_mail := gmime-3.0 sqlite3 libssl libcrypto libidn2 libevent_core
LIBS_mail := -lesmtp -lpthread
PKGS_capsule := $(sort $(PKGS_base) $(PKGS_certs) $(PKGS_content) $(PKGS_server))
PKGS_announce := $(sort $(PKGS_base) $(PKGS_content) $(PKGS_mail))
PKGS_tests := $(sort $(PKGS_capsule) $(PKGS_announce))

RUN_DEPS := gcc libc6-dev pkg-config libssl-dev libevent-dev libcmark-dev \
	libesmtp-dev libsqlite3-dev libyaml-dev libgmime-3.0-dev libidn2-dev \
	libseccomp-dev systemtap-sdt-dev tzdata
PEER_DEPS := amfora bombadillo lynx sacc tmux curl mutt postfix
DEB_DEPS := $(RUN_DEPS) build-essential debhelper lintian
BARE_DEPS := debootstrap systemd-container iproute2
LINT_DEPS := clang clang-format clang-tidy cppcheck shellcheck mandoc
CHECK_DEPS := $(RUN_DEPS) openssl curl binutils python3 libxml2-utils \
	python3-icalendar python3-dkim procps mandoc

WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	-Wpointer-arith -Wwrite-strings -Wvla
# Asked at first use, so that `make deps` runs where there is no pkg-config.
pkg_cflags = $(if $($(1)),$(shell $(PKG_CONFIG) --cflags $($(1))))
pkg_libs = $(shell $(PKG_CONFIG) --libs $($(1)))
compile = $(CC) -std=c11 -D_GNU_SOURCE -DVERSION='"$(VERSION)"' -I. $(WARN) \
	$(CPPFLAGS) $(CFLAGS) -ffile-prefix-map=$(CURDIR)=. $(SANFLAGS) -pthread
link = $(CC) $(CFLAGS) $(SANFLAGS) $(LDFLAGS) -pthread

FOLDERS := base certs content server mail
MAINS := server/main.c mail/main.c
$(foreach f,$(FOLDERS),$(eval OBJS_$(f) := $(patsubst %.c,$(OUT)/%.o,\
	$(filter-out $(MAINS),$(wildcard $(f)/*.c)))))
archives = $(foreach f,$(1),$(OUT)/$(f).a)

MANUALS := server/capsule.8 mail/announce.1 base/capsule.yaml.5 \
	content/capsule-page.7
SERVICES := server/capsule.service mail/announce.service
PROGRAMS := $(if $(wildcard server/main.c),$(OUT)/capsule) \
	$(if $(wildcard mail/main.c),$(OUT)/announce)
UNITS := $(patsubst tests/%.c,$(OUT)/tests/%,$(wildcard tests/t_*.c))
REPLAYS := $(patsubst tests/fuzz/%.c,$(OUT)/tests/fuzz/%,\
	$(wildcard tests/fuzz/f_*.c))
TOOLS := $(patsubst tests/%.c,$(OUT)/tests/%,$(wildcard tests/e2e/*.c))
BENCHES := $(patsubst tests/%.c,$(OUT)/tests/%,$(wildcard tests/bench/*.c))

.DEFAULT_GOAL := all
.SECONDARY:
.DELETE_ON_ERROR:
.PHONY: all run deps check-deps check check-built check-peers bench soak fuzz \
	fuzz-built fuzz-keep fuzz-keep-built format lint coverage install \
	uninstall dist distcheck deb check-bare clean force

all: $(PROGRAMS)

$(OUT)/capsule: $(OUT)/server/main.o $(call archives,server content certs base)
	$(link) -o $@ $^ $(UNWALLED) $(call pkg_libs,PKGS_capsule)
ifdef COVERAGE
$(OUT)/capsule: | $(OUT)/tests/unwalled.o
endif

$(OUT)/announce: $(OUT)/mail/main.o $(call archives,mail content base)
	$(link) -o $@ $^ $(call pkg_libs,PKGS_announce) $(LIBS_mail)

define folder
$(OUT)/$(1)/%.o: $(1)/%.c
	@mkdir -p $$(@D)
	$$(compile) $$(call pkg_cflags,PKGS_$(1)) -MMD -MP -c -o $$@ $$<
$(OUT)/$(1).a: $(OBJS_$(1))
	@rm -f $$@
	$(AR) rcsD $$@ $$^
endef
# The store's schema goes into the program as a string.
OBJS_mail += $(OUT)/mail/schema.o
$(OUT)/mail/schema.c: mail/schema.sql
	@mkdir -p $(@D)
	@{ echo '#include "mail/store_inner.h"'; \
	    echo 'const char store_schema[] ='; \
	    sed 's/[\"]/\\&/g; s/.*/"&\\n"/' $<; echo ';'; } >$@
$(OUT)/mail/schema.o: $(OUT)/mail/schema.c
	$(compile) $(call pkg_cflags,PKGS_mail) -MMD -MP -c -o $@ $<

$(foreach f,$(FOLDERS),$(eval $(call folder,$(f))))

# Where the programs look for their configuration: told another place, as
# `make install` may be, the one object that says it is made anew.
$(OUT)/base/conf.o: compile += -DSYSCONFDIR='"$(SYSCONFDIR)"'
$(OUT)/base/conf.o: $(OUT)/sysconfdir
$(OUT)/sysconfdir: force
	@mkdir -p $(@D)
	@echo '$(SYSCONFDIR)' | cmp -s - $@ || echo '$(SYSCONFDIR)' >$@

# A test may use every folder; the archives give it only what it names.
$(OUT)/tests/%.o: tests/%.c
	@mkdir -p $(@D)
	$(compile) $(call pkg_cflags,PKGS_tests) -MMD -MP -c -o $@ $<

TEST_ARCHIVES := $(call archives,server mail content certs base)
TEST_LIBS = $(call pkg_libs,PKGS_tests) $(LIBS_mail)

$(OUT)/tests/t_%: $(OUT)/tests/t_%.o $(OUT)/tests/t.o $(TEST_ARCHIVES)
	$(link) -o $@ $^ $(TEST_LIBS)
$(OUT)/tests/t_properties: $(addprefix $(OUT)/tests/,make_doc.o ask_cmark.o)

# A fuzz target replays its corpus, unless libFuzzer drives it.
FUZZ_MAIN := $(if $(FUZZING),,$(OUT)/tests/fuzz/replay.o)
$(OUT)/tests/fuzz/f_%: $(OUT)/tests/fuzz/f_%.o $(FUZZ_MAIN) $(TEST_ARCHIVES)
	$(link) $(if $(FUZZING),-fsanitize=fuzzer) -o $@ $^ $(TEST_LIBS)

$(OUT)/tests/e2e/%: $(OUT)/tests/e2e/%.o $(TEST_ARCHIVES)
	$(link) -o $@ $^ $(TEST_LIBS)

$(OUT)/tests/e2e/smtpd: $(OUT)/tests/smtpd_options.o
$(OUT)/tests/t_smtp: | $(OUT)/tests/e2e/smtpd

# Preloaded into the plain programs.
INJECT := build/tests/fault/inject.so
$(INJECT): tests/fault/inject.c
	@mkdir -p $(@D)
	$(compile) -fPIC -shared -o $@ $<

$(OUT)/tests/bench/%: $(OUT)/tests/bench/%.o $(TEST_ARCHIVES)
	$(link) -o $@ $^ $(TEST_LIBS)

# Names what is missing before it installs it; needs root or sudo only then.
install_missing = @missing=$$(for p in $(1); do \
	dpkg-query -W -f '$${Status}' $$p 2>/dev/null | grep -q 'ok installed' || \
	printf '%s ' $$p; done); \
	[ -z "$$missing" ] && exit 0; \
	as=; [ "$$(id -u)" = 0 ] || as=sudo; \
	echo "Installing with $$as apt-get: $$missing"; \
	$$as apt-get update -qq && \
	$$as env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
	    --no-install-recommends $$missing >/dev/null

deps:
	$(call install_missing,$(RUN_DEPS))

check-deps:
	$(call install_missing,$(CHECK_DEPS))

# Both programs, until Ctrl-C.
CONF := capsule.yaml
run: deps
	@$(MAKE) --no-print-directory all
	@printf '%s\n' 'Open gemini://localhost/ in a Gemini client' \
	    '(apt install amfora; amfora gemini://localhost/),' \
	    'or gopher://localhost:7070/ (apt install lynx). Messages that' \
	    '$(OUT)/announce sends are put into state/mail/new. Ctrl-C ends it.'
	@$(OUT)/announce daemon -c $(CONF) & daemon=$$!; \
	$(OUT)/capsule serve -c $(CONF) & capsule=$$!; \
	trap 'kill $$daemon $$capsule 2>/dev/null' INT TERM; \
	wait $$capsule; code=$$?; \
	kill $$daemon $$capsule 2>/dev/null; wait; \
	[ $$code -gt 128 ] || exit $$code

# Units, fuzz corpora and most end-to-end tests run sanitized; those that
# measure memory take the plain programs.
check: check-deps
	@$(MAKE) --no-print-directory -s all $(INJECT)
	@$(MAKE) --no-print-directory -s SAN=$(or $(SAN),address,undefined) \
	    check-built

# Real clients from Debian's packages, installed if they are missing.
check-peers: check-deps
	$(call install_missing,$(PEER_DEPS))
	@$(MAKE) --no-print-directory -s all build/tests/e2e/gmi
	@for t in $(filter-out tests/peers/lib_%,$(wildcard tests/peers/*.sh)); do \
	    OUT=$(OUT) sh $$t || exit 1; done

check-built: $(PROGRAMS) $(UNITS) $(REPLAYS) $(TOOLS)
	@OUT=$(OUT) sh tests/run.sh $(UNITS) $(REPLAYS)

# Side by side with what is installed; never part of check.
bench: all $(BENCHES)
	@for b in tests/bench/$(or $(BENCH),*).sh; do OUT=$(OUT) sh $$b; done

SECONDS := 60
soak: all $(TOOLS) $(BENCHES)
	@OUT=$(OUT) sh tests/soak/soak.sh $(SECONDS)

fuzz fuzz-keep:
	@$(MAKE) --no-print-directory FUZZING=1 $@-built

fuzz-built: $(REPLAYS)
	@for f in $(filter %/f_$(or $(FUZZ),%),$(REPLAYS)); do \
	    name=$${f##*/f_}; mkdir -p $(OUT)/corpus/$$name; \
	    $$f -max_total_time=$(SECONDS) -timeout=10 -print_final_stats=1 \
	        $(OUT)/corpus/$$name tests/fuzz/corpus/$$name || exit 1; done

# The fewest inputs that, with those there are, reach all that fuzz did.
fuzz-keep-built: $(REPLAYS)
	@for f in $(filter %/f_$(or $(FUZZ),%),$(REPLAYS)); do \
	    name=$${f##*/f_}; mkdir -p $(OUT)/corpus/$$name; \
	    $$f -set_cover_merge=1 -use_counters=0 -timeout=10 \
	        tests/fuzz/corpus/$$name $(OUT)/corpus/$$name || exit 1; done

SOURCES := $(wildcard $(FOLDERS:%=%/*.c) tests/*.c tests/*/*.c)
format:
	clang-format -i $(SOURCES)

# By name, and false: a division in the system's own <sys/sdt.h> conditions; a
# struct that the function called is there to fill.
CPPCHECK := cppcheck -q --std=c11 --error-exitcode=1 -j2 -I. \
	--enable=warning,performance,portability \
	--suppress=preprocessorErrorDirective:base/probes.h \
	--suppress=ctuuninitvar:content/page.c
TIDY_FLAGS = -std=c11 -D_GNU_SOURCE -I. -DVERSION='"$(VERSION)"' \
	$(call pkg_cflags,PKGS_tests)
lint:
	$(call install_missing,$(LINT_DEPS))
	@echo 'clang-format, cppcheck, shellcheck, mandoc'
	@clang-format --dry-run -Werror $(SOURCES)
	@$(CPPCHECK) $(SOURCES)
	@shellcheck -x tests/*.sh tests/*/*.sh
	@mandoc -T lint -W warning $(MANUALS)
	@echo 'clang-tidy, on each of $(words $(SOURCES)) files'
	@printf '%s\n' $(SOURCES) | xargs -P2 -I{} \
	    clang-tidy --quiet {} -- $(TIDY_FLAGS) 2>/dev/null

# Line coverage of what `make check` runs, by folder and by file.
coverage: check-deps
	$(call install_missing,gcovr)
	@$(MAKE) --no-print-directory -s all $(INJECT)
	@find build-cov -name '*.gcda' -delete 2>/dev/null || :
	@$(MAKE) --no-print-directory -s COVERAGE=1 check-built
	@sh tests/coverage.sh build-cov

# The configuration is its owner's: one that is there stays, and only one that
# nobody has changed is taken away.
CONF_DIR := $(DESTDIR)$(SYSCONFDIR)/capsule
install: all
	$(INSTALL) -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(UNITDIR) $(CONF_DIR)
	$(INSTALL) -m 0755 $(PROGRAMS) $(DESTDIR)$(PREFIX)/bin
	for m in $(MANUALS); do \
	    to=$(DESTDIR)$(MANDIR)/man$${m##*.}; $(INSTALL) -d $$to && \
	    sed -e 's|/etc/capsule/|$(SYSCONFDIR)/capsule/|' \
	        -e 's|/usr/bin/|$(PREFIX)/bin/|' $$m >$$to/$${m##*/} && \
	    chmod 0644 $$to/$${m##*/} || exit 1; done
	for s in $(SERVICES); do \
	    to=$(DESTDIR)$(UNITDIR)/$${s##*/}; \
	    sed 's|=/usr/bin/|=$(PREFIX)/bin/|; s|/etc/|$(SYSCONFDIR)/|' $$s \
	        >$$to && chmod 0644 $$to || exit 1; done
	[ -e $(CONF_DIR)/capsule.yaml ] || \
	    $(INSTALL) -m 0644 base/sample.yaml $(CONF_DIR)/capsule.yaml

uninstall:
	rm -f $(PROGRAMS:$(OUT)/%=$(DESTDIR)$(PREFIX)/bin/%)
	for m in $(MANUALS); do \
	    rm -f $(DESTDIR)$(MANDIR)/man$${m##*.}/$${m##*/}; done
	rm -f $(foreach s,$(SERVICES),$(DESTDIR)$(UNITDIR)/$(notdir $(s)))
	cmp -s base/sample.yaml $(CONF_DIR)/capsule.yaml && \
	    rm $(CONF_DIR)/capsule.yaml && rmdir $(CONF_DIR) || :

# What is committed, or outside git what is here; the same bytes each time.
DIST := capsule-$(VERSION)
dist:
	@rm -rf build/$(DIST) && mkdir -p build/$(DIST)
	@if [ -e .git ]; then git archive HEAD; \
	    else tar -c --exclude='./build*' --exclude=./state .; fi | \
	    tar -x -C build/$(DIST)
	@tar -c -C build --sort=name --format=ustar --owner=0 --group=0 \
	    --numeric-owner --mode=u+w,go=rX --mtime=./build/$(DIST)/LICENSE \
	    -f build/$(DIST).tar $(DIST) && gzip -9nf build/$(DIST).tar
	@rm -rf build/$(DIST)
	@echo build/$(DIST).tar.gz

distcheck: deps dist
	@sh tests/package/distcheck.sh build/$(DIST).tar.gz

deb: dist
	$(call install_missing,$(DEB_DEPS))
	@rm -rf build/deb && mkdir build/deb && \
	    tar -x -C build/deb -f build/$(DIST).tar.gz
	@cd build/deb/$(DIST) && dpkg-buildpackage -us -uc -b >../log 2>&1 || \
	    { tail -n 30 ../log; exit 1; }
	@lintian --allow-root --fail-on error,warning --tag-display-limit 0 \
	    build/deb/*.changes
	@mv build/deb/*.deb build && ls build/*.deb

check-bare: dist
	$(call install_missing,$(BARE_DEPS))
	@PARTS='$(PARTS)' sh tests/package/bare.sh build/$(DIST).tar.gz

clean:
	rm -rf build build-san build-fuzz build-cov

-include $(wildcard $(OUT)/*/*.d $(OUT)/tests/*/*.d)
