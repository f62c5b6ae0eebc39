#!/bin/sh
# Plants each bug that the code names by cfg(mutant = "..."), and shows that the simulator's sweep
# finds it: prints the first seed that does. Fails if one is not found.
set -u
cd "$(dirname "$0")/.." || exit 1
names=${*:-$(grep -rhoE 'mutant = "[a-z_]+"' src | cut -d'"' -f2 | sort -u)}
missed=0
for name in $names; do
    binary=$(cargo rustc --quiet --lib --profile test \
        --message-format json -- --cfg "mutant=\"$name\"" 2>/dev/null |
        grep -oE '"executable":"[^"]+"' | tail -1 | cut -d'"' -f4)
    found=$(SIM_SEEDS=${SIM_SEEDS:-2000} RUST_BACKTRACE=0 "$binary" every_seed 2>&1 |
        grep -m1 -oE '^seed 0x[0-9a-f]+|overflowed its stack')
    if [ -n "$found" ]; then
        echo "$name: $found"
    else
        echo "$name: NOT FOUND"
        missed=1
    fi
done
exit $missed
