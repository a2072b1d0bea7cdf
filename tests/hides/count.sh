#!/bin/bash
# How often ten planted bugs show in guests that booted, and in guests from a template. By hand: KTEST is the ktest to
# measure, KERNEL_BUILD the build directory of a kernel with KASAN, lockdep and DEBUG_LIST; KTEST_ROUNDS runs of each kind
# (100), KTEST_BESIDE at once (2). Booted and restored guests take turns, so that both see the same load.
here=$(realpath "$(dirname "$0")")
. "$here/../sandbox.sh" || exit
need_image
rounds=${KTEST_ROUNDS:-100}
beside=${KTEST_BESIDE:-2}
unset KTEST_ROUNDS KTEST_BESIDE
export KTEST_KERNEL=${KERNEL_BUILD:?}/arch/x86/boot/bzImage # without vmlinux beside it: nobody looks for source lines

cp "$here"/{hides,hides.c,Kbuild} .
make -s -C "$KERNEL_BUILD" M="$PWD" modules >make.log 2>&1 || fail "the module was not built: $(tail make.log)"

once() { # KIND NUMBER
    ktest run --no-hold "--$1" -o "out/$1-$2" hides >"out/$1-$2.txt" 2>"out/$1-$2.err" </dev/null
    case $1 in
        cold) grep -q '^PASSED .*(cold' "out/$1-$2.err" ;;
        warm) grep -q '^PASSED .*(template ' "out/$1-$2.err" ;;
    esac && mv "out/$1-$2.txt" "$1/$2" || echo "$1 $2: $(grep -E '^[A-Z ]+ hides on' "out/$1-$2.err")" >&2
    rm -rf "out/$1-$2"
}
mkdir out cold warm
once warm template # which the others start from
rm -f warm/template
for ((side = 0; side < beside; ++side)); do
    for ((i = side; i < rounds; i += beside)); do
        once cold $i
        once warm $i
    done &
done
wait

found() { # KIND BUG
    if [ "$2" = random_reuse ]; then # a draw that another guest of this kind has, too
        cat "$1"/* | sed -n 's/^draw //p' | sort | uniq -c | awk '$1 > 1 { n += $1 } END { print n + 0 }'
    else
        cat "$1"/* | grep -c "^bug $2 found"
    fi
}
printf '%-16s %10s %10s\n' bug booted restored
cat cold/* | sed -n 's/^bug \(.*\) .*/\1/p' | awk '!seen[$0]++' | while read -r bug; do
    printf '%-16s %10s %10s\n' "$bug" "$(found cold "$bug")/$(ls cold | wc -l)" "$(found warm "$bug")/$(ls warm | wc -l)"
done
