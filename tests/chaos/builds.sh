# Kills builds of a kernel at random moments: no compiler goes on, nothing is locked, and whatever was half made, the
# next build, even one that begins at once, gives the whole kernel. The tree is a stand-in, whose compilers take their
# time.
. "$(dirname "$0")/chaos.sh" || exit
for program in make depmod modprobe strip; do PATH=$PATH:/sbin command -v $program >/dev/null || skip "no $program"; done

distribution=$home/.ktest/kernels/default
release=$(basename "$(echo "$distribution"/lib/modules/*)")
image=$(echo "$distribution"/boot/vmlinuz-*)
export image release distribution
tree=$work/tree build=$work/tree/.ktest

# compiler: writes a target piece by piece. Every third ignores SIGTERM, and leaves a helper in a session of its own; like
# any compiler that nothing can end half way it gives its file the name when it is whole.
write_tree() {
    mkdir -p "$tree"/{scripts/kconfig,arch}
    touch "$tree"/{Kconfig,Kbuild}
    PATH=$PATH:/sbin modprobe -d "$distribution" -S "$release" --show-depends -a \
        virtio_pci virtio_console virtio_blk virtio_net virtio_rng ext4 isofs 2>/dev/null \
        | sed -nE "s|^insmod .*/$release/kernel/||p" | sort -u >"$tree/modules"
    [ -s "$tree/modules" ] || skip "the kernel in $distribution has no modules"
    cat >"$tree/compiler" <<'EOT'
#!/bin/bash
target=$1 number=$2
shift 2
mkdir -p "$(dirname "$target")"
if [ $((number % 3)) = 0 ]; then
    trap '' TERM
    setsid sleep 1000 &
    cat "$@" >"$target.whole" && sleep "0.$((RANDOM % 10))" && mv "$target.whole" "$target"
    kill -9 $!
else
    size=$(cat "$@" | wc -c)
    cat "$@" | head -c $((size / 2)) >"$target" && sleep "0.$((RANDOM % 3))" && cat "$@" | tail -c +$((size / 2 + 1)) >>"$target"
fi
EOT
    chmod +x "$tree/compiler"
    cat >"$tree/Makefile" <<'EOT'
VERSION = 6
PATCHLEVEL = 1
SUBLEVEL = 0
KCONFIG_CONFIG ?= $(O)/.config
numbers := 1 2 3 4 5 6
objects := $(numbers:%=$(O)/%.o)
modules := $(addprefix $(O)/,$(shell cat modules))

all: $(O)/vmlinux $(O)/modules.order $(O)/include/config/kernel.release
allnoconfig:
	@./compiler $(KCONFIG_CONFIG) 1 $(KCONFIG_ALLCONFIG)
olddefconfig:
	@sed '$$a\' $(KCONFIG_CONFIG) >$(KCONFIG_CONFIG).old; exec ./compiler $(KCONFIG_CONFIG) 2 $(KCONFIG_CONFIG).old
$(objects): $(O)/%.o: %.c $(O)/.config
	@echo '  CC      $*.o'; exec ./compiler $@ $* $< $(O)/.config
$(O)/vmlinux: $(objects)
	@echo '  LD      vmlinux'; exec ./compiler $@ 4 $(image) $^
$(modules): $(O)/%.ko: $(O)/.config
	@echo '  LD [M]  $*.ko'; exec ./compiler $@ 5 $(distribution)/lib/modules/$(release)/kernel/$*.ko
$(O)/modules.order: $(modules)
	@cp $(distribution)/lib/modules/$(release)/modules.builtin* $(O); sed 's|^|kernel/|; s|^kernel/||' modules >$@
$(O)/include/config/kernel.release: $(O)/.config
	@mkdir -p $(@D); echo $(release) >$@
EOT
    for number in 1 2 3 4 5 6; do echo "$number begins" >"$tree/$number.c"; done
}

# is_whole: the kernel and its modules are what a build gives that nobody disturbs.
is_whole() {
    local number module
    cat "$image" <(for number in 1 2 3 4 5 6; do cat "$tree/$number.c" "$build/.config"; done) | cmp - "$build/vmlinux" || return
    while read -r module; do
        cmp "$distribution/lib/modules/$release/kernel/$module" "$build/$module" || return
        strip --strip-debug -o stripped "$build/$module"
        cmp stripped "$build/modules/lib/modules/$release/kernel/$module" || return
        grep -q "^kernel/$module:" "$build/modules/lib/modules/$release/modules.dep" || return
    done <"$tree/modules"
    ! find "$build" -regex '.*\.[0-9a-f]+' -newer "$tree/Makefile" | grep .
}

# begin OPTION...: a build; its process is $pid.
begin() {
    (exec env "${variables[@]}" "$KTEST" kernel build -C "$tree" "$@") >"$sandbox/out" 2>"$sandbox/err" &
    pid=$!
}
is_free() { flock -n "$build" true; }
compilers() {
    local pid
    for pid in $(left_processes); do [[ $(cat "/proc/$pid/comm" 2>/dev/null) != compiler ]] || echo "$pid"; done
}

write_tree
write_test it 'echo MEM=256M'
at_once=0 slowest=0 options=()
for round in $(seq "$rounds"); do
    start_bystanders
    case $((RANDOM % 4)) in # what there is to do
        0) rm -rf "$build" ;;
        1) options=(--config "${options[1]:+${options[1]},}ROUND$round") ;;
        *) for _ in 1 2 3; do echo "round $round" >"$tree/$((1 + RANDOM % 6)).c"; done ;;
    esac
    begin "${options[@]}"
    sleep "$((RANDOM % 2)).$((RANDOM % 10))$((RANDOM % 10))"
    began=${EPOCHREALTIME/./}
    { kill -KILL $pid; wait $pid; } 2>/dev/null
    drawn="round $round"
    if is_free; then going_on=$(compilers); else going_on=''; fi
    [ -z "$going_on" ] || fail "$drawn: another build may begin, and compilers go on: $going_on"
    if [ $((RANDOM % 2)) = 0 ]; then
        at_once=$((at_once + 1))
        drawn+=", and another build at once"
    else
        eventually 10 only_bystanders_left || fail "$drawn: left [$(left_processes)] [$(busy_slots)]"
        is_free || fail "$drawn: the build directory is locked"
        took=$((${EPOCHREALTIME/./} - began))
        [ $took -le $slowest ] || slowest=$took
        [ $((RANDOM % 3)) != 0 ] || continue # the next one is killed, too
    fi
    expect 0 ktest kernel build -C "$tree" "${options[@]}"
    is_whole >"$sandbox/differs" 2>&1 || fail "$drawn: the kernel is not whole: $(cat "$sandbox/differs")"
    eventually 10 only_bystanders_left || fail "$drawn: left [$(left_processes)]"
    count_bystanders
done
await_bystanders
expect 0 ktest run -C "$tree" "${options[@]}" it
says '^PASSED it '
nothing_left
[ -z "$(traces)" ] || fail "left: $(traces)"
echo "$rounds builds killed, $at_once with another at once, beside $beside runs: nothing left, all kernels whole, slowest clean-up $((slowest / 1000)) ms, $passed_beside bystanders passed"
