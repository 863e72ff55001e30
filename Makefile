# Knobs:
#   MODE=dev|asan|tsan   what to build; dev is the everyday build, the others go to build/MODE
#   SECONDS=60           how long each target of `make fuzz` runs
#   MODE=release-x86_64|release-arm64   static binaries, as make package makes them
#   STORES="memory sqlite dynamodb"   the stores that are built in; less of them is a smaller bootstrap
#   T=NAME               run one test file alone: make test T=router
#   WERROR=1             warnings are errors (always so in CI)
#   DEPS=skip            do not look for, or install, missing packages
#   CCACHE=ccache       what the compiler is run by; .ci/run keeps its objects from run to run
#   ARGS="--port 9000"   arguments of `make run`
#   ONLY=lambda|server|life|store|alb|canary|rig|guard   one part of `make bench`
#   V=1                  print the commands of a build
#   PREFIX=DIR           where `make install` puts things; DESTDIR=DIR goes before it
# Builds run on all cores; -j1 on the command line undoes that.
MODE ?= dev
PREFIX ?= /usr/local
ifeq ($(MAKELEVEL),0)
MAKEFLAGS += -j$(shell nproc)
endif
CC = gcc
AR = gcc-ar

# A build with some of the stores alone has a folder of its own, such as build/sqlite-dynamodb.
all_stores := memory sqlite dynamodb
STORES ?= $(all_stores)
stores := $(filter $(STORES),$(all_stores))
no_stores := $(filter-out $(STORES),$(all_stores))
ifneq ($(if $(stores),$(filter-out $(all_stores),$(STORES)),none),)
$(error STORES is '$(STORES)': it must be one or more of $(all_stores))
endif
blank := $(subst ,, )
some_stores := $(if $(no_stores),-$(subst $(blank),-,$(stores)))
B := $(if $(filter dev,$(MODE)),build$(some_stores:-%=/%),build/$(MODE)$(some_stores))
O := $(B)/obj

CSTD := -std=c11 -D_GNU_SOURCE -I. $(patsubst %,-DSTORE_WITHOUT_%,\
        $(subst memory,MEMORY,$(subst sqlite,SQLITE,$(subst dynamodb,DYNAMODB,$(no_stores)))))
WARN := -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla \
        -Wswitch-enum -Wformat=2 -Wwrite-strings -Wpointer-arith -fno-common \
        $(if $(or $(WERROR),$(CI)),-Werror)
OPT_dev  := -O2 -g -fno-omit-frame-pointer -fstack-protector-strong -D_FORTIFY_SOURCE=2
OPT_asan := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
OPT_tsan := -O1 -g -fno-omit-frame-pointer -fsanitize=thread
OPT_fuzz := -O1 -g -fno-omit-frame-pointer -fsanitize=fuzzer-no-link,address,undefined \
            -fno-sanitize-recover=all
# A request goes through a dozen small files: the linker makes one of them, a fifth fewer steps.
OPT_release := -O2 -g -fno-omit-frame-pointer -fstack-protector-strong \
               -ffunction-sections -fdata-sections -flto
OPT := $(OPT_$(MODE:release-%=release))
ifeq ($(and $(OPT),$(filter dev asan tsan fuzz release-x86_64 release-arm64,$(MODE))),)
$(error MODE is '$(MODE)': it must be dev, asan, tsan, fuzz, release-x86_64 or release-arm64)
endif
ifneq ($(filter asan tsan,$(MODE)),)
WARN += -Wno-maybe-uninitialized # guesses wrong in instrumented code
endif
CFLAGS = $(CSTD) $(WARN) $(OPT) -MMD -MP
ifeq ($(MODE),fuzz)
CC := clang
AR := ar
CSTD += -DDUET_FUZZ
endif
LDFLAGS = $(OPT) -Wl,-z,relro,-z,now -Wl,--as-needed -Wl,--build-id
LIBS_LIB := -lcjson $(if $(filter sqlite,$(stores)),-lsqlite3) -lpthread -lm
LIBS_CURL := -lcurl -lssl -lcrypto
LIBS_H2 := -lnghttp2 # of duet alone
LIBS_REGEX := -lpcre2-8 # of duet alone
link = $(CC) $(LDFLAGS) -o $@

# A release build has the static libraries and the compiler of pipeline/static_deps.sh, and sources
# of its own. Sections that nothing refers to are left out; no path of this machine goes in.
ifneq ($(filter release-%,$(MODE)),)
STATIC := $(shell pipeline/static_deps.sh --where)/$(MODE:release-%=%)
CC := $(STATIC)/bin/cc
AR := $(STATIC)/bin/ar
CSTD += -I$(STATIC)/include -DDUET_RELEASE
# Where the tree is makes no other objects, so it is none of those flags that make them anew.
CFLAGS += -ffile-prefix-map=$(CURDIR)=.
LDFLAGS = $(OPT) -static -Wl,-z,relro,-z,now -Wl,-z,stack-size=8388608 -Wl,--gc-sections
LIBS_LIB := $(patsubst %,$(STATIC)/lib/lib%.a,cjson $(if $(filter sqlite,$(stores)),sqlite3) mimalloc) -lm
LIBS_CURL := $(patsubst %,$(STATIC)/lib/lib%.a,curl ssl crypto)
LIBS_H2 := $(STATIC)/lib/libnghttp2.a
LIBS_REGEX := $(STATIC)/lib/libpcre2-8.a
link = pipeline/release_link.sh $@ $(CC) $(LDFLAGS)
endif

# --- sources, lowest layer first -------------------------------------------------------------
src = $(sort $(wildcard $(1)/*.c))
obj = $(patsubst %.c,$(O)/%.o,$(1))

MAIN_SRC  := runtime/lambda/main.c runtime/server/main.c
LIB_SRC   := $(filter-out $(MAIN_SRC) $(foreach s,$(no_stores),$(wildcard runtime/store/$(s)*.c)),\
             $(foreach d,core json http1 net aws store lambda server $(if $(STATIC),release),\
             $(call src,runtime/$(d))))
APP_SRC   := $(call src,handlers) handlers/www_files.c # that one is made
LOCAL_SRC := runtime/dashboard/www_files.c $(foreach d,http2 alb control dashboard process functions tasks local,$(call src,runtime/$(d)))
CANARY_SRC := $(filter-out %/main.c,$(call src,pipeline/canary) $(call src,pipeline/guard))
TOOL_SRC  := $(call src,runtime/tool)
TEST_SRC  := $(call src,tests/unit) $(call src,tests/parity) $(call src,tests/integration)
FUZZ_SRC  := $(wildcard tests/fuzz/fuzz_*.c)
HELP_SRC  := $(call src,tests/support) $(call src,tests/fuzz)
# Criterion cannot run under the thread sanitizer; see the header there.
TEST_LIBS := -lcriterion
ifeq ($(MODE),tsan)
CSTD += -Itests/support/tsan
HELP_SRC += tests/support/tsan/runner.c
TEST_LIBS :=
endif

LIB_OBJ := $(call obj,$(LIB_SRC))
APP_OBJ := $(call obj,$(APP_SRC))
LOCAL_OBJ := $(call obj,$(LOCAL_SRC))
CANARY_OBJ := $(call obj,$(CANARY_SRC))
TOOL_OBJ := $(call obj,$(TOOL_SRC)) $(O)/runtime/tool/templates.o
HELP_OBJ := $(call obj,$(HELP_SRC))
TEST_BIN := $(patsubst tests/%.c,$(B)/tests/%,$(TEST_SRC))
LOAD_BIN := $(patsubst tests/support/load/%.c,$(B)/tests/%,$(call src,tests/support/load))
BENCH_BIN := $(patsubst tests/bench/%.c,$(B)/bench/%,$(call src,tests/bench))
BINARIES := $(B)/bootstrap $(B)/server $(B)/duet $(B)/guard

# What a service outside this tree includes; runtime/duet.h lists the same.
API_DIRS := core json store
API_H := $(sort $(foreach d,$(API_DIRS),$(wildcard runtime/$(d)/*.h))) \
         runtime/aws/client.h runtime/lambda/bootstrap.h runtime/server/server_main.h

# Goals of people run this make again for the building, so that packages are there before it begins.
# Its recipes begin with '+': make then knows that they are makes, and shares its jobs with them.
again = $(MAKE) --no-print-directory DEPS=skip
# Tests run make themselves: none of this one's settings may reach them.
alone = env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL -u MODE -u DEPS -u T

.PHONY: _programs _bench _tests _homes _fuzz _unit all run test test-unit test-asan test-tsan tf-test \
        fuzz lint bench package rehearse image deps install clean help
.DEFAULT_GOAL := all
.SECONDARY:

all: deps $(BINARIES) $(B)/libduet.a ## build bootstrap, server, duet and libduet.a
	@:

_programs: $(BINARIES)
	@:
_homes: $(B)/bootstrap $(B)/server
	@:
_bench: _programs $(BENCH_BIN) $(LOAD_BIN)
	@:
_tests: _bench $(B)/tests/crashing_app $(LOAD_BIN) \
        $(if $(T),$(foreach t,$(T),$(filter %/$(t) %/test_$(t),$(TEST_BIN))),$(TEST_BIN))
	@:

_fuzz: $(patsubst tests/fuzz/%.c,$(B)/fuzz/%,$(FUZZ_SRC))
	@:

run: all ## start the local set-up on http://127.0.0.1:8080; ARGS="--port 9000"
	@exec $(alone) $(B)/duet local $(ARGS)

test: deps ## build and run all tests; T=NAME for one file
	+@$(again) _tests
	@$(alone) tests/run.sh $(B) $(T)

UNIT_TESTS := $(notdir $(basename $(call src,tests/unit)))
test-unit: deps ## the unit tests alone; they need neither network nor the programs
	+@$(again) T="$(UNIT_TESTS)" test

_unit:
	+@$(again) T="$(UNIT_TESTS)" _tests

test-asan: deps ## the tests under the address, undefined and leak sanitizers
	+@$(again) MODE=asan test

test-tsan: deps ## the tests under the thread sanitizer
	+@$(again) MODE=tsan test

tf-test: ## the tests of terraform/, none of which needs an account
	@$(alone) terraform/tests/run.sh

SECONDS ?= 60
fuzz: deps ## any bytes to each reader of bytes, SECONDS=60 for each; T=NAME for one: T=fuzz_json
	+@$(again) MODE=fuzz _fuzz
	@$(alone) tests/fuzz/run.sh build/fuzz/fuzz $(SECONDS) $(T)

lint: deps ## formatting, layers, lengths, scripts
	+@$(again) _programs
	@$(alone) pipeline/lint.sh

bench: deps ## the project's figures, as ratios to references in the same run; ONLY=lambda|server|life|store|alb|canary|rig|guard
	+@$(again) _bench
	@$(alone) tests/bench/bench.sh $(ONLY)

package: deps ## static binaries and Lambda zips for x86_64 and arm64, into build/release
	@$(alone) pipeline/static_deps.sh
	@$(alone) pipeline/static_nghttp2.sh
	@$(alone) pipeline/static_pcre2.sh
	+@$(again) MODE=release-x86_64 _programs
	+@$(again) MODE=release-arm64 _homes build/release-arm64/guard
	+@$(again) MODE=release-x86_64 STORES=dynamodb build/release-x86_64-dynamodb/bootstrap
	@pipeline/package.sh

rehearse: deps ## a release on this machine: a good build is promoted, a broken one rolled back, under load
	+@$(again) _programs $(B)/tests/users
	@$(alone) pipeline/rehearse.sh

IMAGE_ARCH ?= x86_64 arm64
image: ## container images of both homes, from make package; IMAGE_ARCH=x86_64 for one architecture
	@$(alone) container/image.sh $(IMAGE_ARCH)

install: all ## put duet, libduet.a and its headers under PREFIX (/usr/local)
	@install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/lib
	install -m 755 $(B)/duet $(DESTDIR)$(PREFIX)/bin/
	install -m 644 $(B)/libduet.a $(DESTDIR)$(PREFIX)/lib/
	@for h in $(API_H); do install -D -m 644 $$h $(DESTDIR)$(PREFIX)/include/duet/$$h || exit 1; done
	install -m 644 runtime/duet.h $(DESTDIR)$(PREFIX)/include/duet/

deps: ## install missing Debian or Ubuntu packages (says which)
ifneq ($(DEPS),skip)
	@pipeline/deps.sh $(or $(filter bench package,$(MAKECMDGOALS)),\
	    $(if $(filter test% lint fuzz rehearse,$(MAKECMDGOALS)),test,build))
endif

clean: ## remove all that was built
	rm -rf build

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 22
	@echo; echo 'Settings, as in make MODE=asan test:'
	@sed -n 's/^#   //p' Makefile | sed 's/^/  /'

# run WORD,COMMAND: prints WORD and the target; with V=1 the command
run = $(if $(V),$(2),@printf '  %-3s %s\n' $(1) $@; $(2))

# --- how things are made ----------------------------------------------------------------------
# Objects are made anew when the compiler or its flags are others than last time.
flags = $(CC) $(CSTD) $(OPT)
ifneq ($(strip $(flags)),$(strip $(file <$(O)/flags)))
$(shell mkdir -p $(O))
$(file >$(O)/flags,$(flags))
endif

$(O)/%.o: %.c $(O)/flags | deps
	@mkdir -p $(@D)
	$(call run,CC,$(CCACHE) $(CC) $(CFLAGS) -c $< -o $@)

# A compiler that knows malloc would make calloc of its parts again.
$(O)/runtime/release/start_heap.o: OPT += -fno-builtin -fno-lto

# Pages and templates travel inside the programs. The folder is named too, for a file that goes.
$(O)/runtime/tool/templates.c: pipeline/embed.sh runtime/tool/templates \
                               $(wildcard runtime/tool/templates/*)
	@mkdir -p $(@D)
	@pipeline/embed.sh runtime/tool/templates tool_templates runtime/tool/templates.h >$@.new
	@mv $@.new $@

# Chart.js is Debian's and Ubuntu's package libjs-chart.js.
www = $(foreach f,$(sort $(wildcard $(1)/*)),$(notdir $(f))=$(f)) \
      chart.js=/usr/share/javascript/chart.js/chart.min.js
$(O)/handlers/www_files.c: pipeline/embed_web.sh handlers/www $(wildcard handlers/www/*) | deps
	@mkdir -p $(@D)
	@pipeline/embed_web.sh handlers/www.h www_files $(call www,handlers/www) >$@.new
	@mv $@.new $@

$(O)/runtime/dashboard/www_files.c: pipeline/embed_web.sh runtime/dashboard/www \
                                    $(wildcard runtime/dashboard/www/*) | deps
	@mkdir -p $(@D)
	@pipeline/embed_web.sh runtime/dashboard/www.h dashboard_files \
	    $(call www,runtime/dashboard/www) >$@.new
	@mv $@.new $@

$(O)/%.o: $(O)/%.c | deps
	$(call run,CC,$(CCACHE) $(CC) $(CFLAGS) -c $< -o $@)

$(B)/libduet.a: $(LIB_OBJ)
	@rm -f $@
	$(call run,AR,$(AR) rcs $@ $^)

$(B)/bootstrap: $(O)/runtime/lambda/main.o $(APP_OBJ) $(B)/libduet.a
	$(call run,LD,$(link) $^ $(LIBS_CURL) $(LIBS_LIB))

$(B)/server: $(O)/runtime/server/main.o $(APP_OBJ) $(B)/libduet.a
	$(call run,LD,$(link) $^ $(LIBS_CURL) $(LIBS_LIB))

$(B)/duet: $(TOOL_OBJ) $(CANARY_OBJ) $(LOCAL_OBJ) $(B)/libduet.a
	$(call run,LD,$(link) $^ $(LIBS_H2) $(LIBS_REGEX) $(LIBS_CURL) $(LIBS_LIB))

# The guard as a Lambda function of its own.
$(B)/guard: $(O)/pipeline/guard/main.o $(CANARY_OBJ) $(B)/libduet.a
	$(call run,LD,$(link) $^ $(LIBS_CURL) $(LIBS_LIB))

# What tests may call besides the library; an archive, so that each takes what it needs.
$(B)/libtest.a: $(HELP_OBJ) $(APP_OBJ) $(LOCAL_OBJ) $(CANARY_OBJ) $(filter-out %/main.o,$(TOOL_OBJ))
	@rm -f $@
	$(call run,AR,$(AR) rcs $@ $^)

$(B)/tests/%: $(O)/tests/%.o $(B)/libtest.a $(B)/libduet.a
	@mkdir -p $(@D)
	$(call run,LD,$(CC) $(LDFLAGS) -o $@ $^ $(TEST_LIBS) $(LIBS_H2) $(LIBS_REGEX) $(LIBS_CURL) $(LIBS_LIB) $(shell sed -n 's/^ \* link: //p' tests/$*.c))

# A service that crashes, for those tests that want one.
$(B)/tests/crashing_app: $(O)/tests/support/crashing/crashing_app.o $(B)/libduet.a
	@mkdir -p $(@D)
	$(call run,LD,$(link) $^ $(LIBS_CURL) $(LIBS_LIB))

# Services and clients that tests and the bench put a load on the server with.
$(LOAD_BIN): $(B)/tests/%: $(O)/tests/support/load/%.o $(B)/libtest.a $(B)/libduet.a
	@mkdir -p $(@D)
	$(call run,LD,$(link) $^ $(LIBS_H2) $(LIBS_REGEX) $(LIBS_CURL) $(LIBS_LIB))

# What the tests of a release build run besides: its libcurl, its malloc.
$(B)/https_get $(B)/heap_check: $(B)/%: $(O)/tests/support/package/%.o $(B)/libduet.a
	$(call run,LD,$(link) $^ $(LIBS_CURL) $(LIBS_LIB))

# What the targets read besides the library; and libFuzzer, which has the main function.
$(B)/libfuzz.a: $(LOCAL_OBJ) $(O)/tests/fuzz/check.o
	@rm -f $@
	$(call run,AR,$(AR) rcs $@ $^)

$(B)/fuzz/%: $(O)/tests/fuzz/%.o $(B)/libfuzz.a $(B)/libduet.a
	@mkdir -p $(@D)
	$(call run,LD,$(CC) $(LDFLAGS) -fsanitize=fuzzer -o $@ $^ $(LIBS_LIB) $(LIBS_H2) $(LIBS_REGEX) $(LIBS_CURL))

# The judge's errors by simulation; it stands on the library.
$(B)/bench/canary: $(O)/tests/bench/canary.o $(B)/libtest.a $(B)/libduet.a
	@mkdir -p $(@D)
	$(call run,LD,$(link) $^ $(LIBS_CURL) $(LIBS_LIB))

# References to measure against, each one file by itself.
$(B)/bench/%: $(O)/tests/bench/%.o
	@mkdir -p $(@D)
	$(call run,LD,$(link) $<)

-include $(shell find $(O) -name '*.d' 2>/dev/null)
