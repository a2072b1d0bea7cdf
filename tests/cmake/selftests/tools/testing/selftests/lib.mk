PROGRAMS := $(patsubst %,$(OUTPUT)/%,$(TEST_GEN_PROGS))

install: $(PROGRAMS)
	mkdir -p $(INSTALL_PATH)
	rsync -a $(PROGRAMS) $(TEST_PROGS) $(wildcard settings config) $(INSTALL_PATH)

$(OUTPUT)/%: %.c
	$(CC) $(filter %.c,$^) $(LDLIBS) -o $@

emit_tests:
	for TEST in $(TEST_GEN_PROGS) $(TEST_CUSTOM_PROGS) $(TEST_PROGS); do echo "$(COLLECTION):$$TEST"; done
