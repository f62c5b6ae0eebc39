#!/bin/sh
# Shows that the simulator finds bugs: applies each patch of src/testing/sim/mutants/ to a copy of the tree,
# builds it, and has the seed that the patch names fail. About ten seconds each.
#
#   tests/mutants.sh [NAME...]
#
# Beside the copy, in target/mutants/, it keeps what it has built. MUTANTS_SEEDS=2000 looks for
# another seed where that of the patch finds nothing.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
tree=$root/target/mutants/tree
export CARGO_TARGET_DIR="$root/target/mutants/build" CARGO_PROFILE_TEST_DEBUG=0 RUST_BACKTRACE=0
export RUSTFLAGS="-A warnings"
mkdir -p "$tree"
test="testing::sim::tests::every_seed_keeps_every_promise"

sweep() { # an environment for the simulator
    (cd "$tree" && env "$@" timeout 300 cargo test -q --locked --lib "$test") >"$root/target/mutants/log" 2>&1
}

build() {
    (cd "$tree" && cargo test -q --locked --lib --no-run) >"$root/target/mutants/log" 2>&1
}

copy() {
    (cd "$root" && tar -cf - Cargo.toml Cargo.lock build.rs README.md src benches examples tests fuzz/seeds) |
        (cd "$tree" && tar -xf -)
    mkdir -p "$tree/target/sim"
}

names=$*
[ -n "$names" ] || names=$(cd "$root/src/testing/sim/mutants" && ls ./*.patch | sed 's|^\./||; s|\.patch$||')
rm -rf "$tree"
mkdir -p "$tree"
copy
found=0 missed=
for name in $names; do
    patch=$root/src/testing/sim/mutants/$name.patch
    seed=$(sed -n 's/^seed: //p' "$patch")
    (cd "$tree" && patch -s -p1 <"$patch")
    if ! build; then
        echo "$name: does not build" >&2
        missed="$missed $name"
    elif sweep SIM_SEED="$seed"; then
        echo "$name: $seed does not find it" >&2
        missed="$missed $name"
        if [ -n "${MUTANTS_SEEDS:-}" ] && ! sweep SIM_SEEDS="$MUTANTS_SEEDS"; then
            sed -n 's/.*\(seed 0x[0-9a-f]*, [A-Za-z]*\).*/  \1 does/p' "$root/target/mutants/log" | head -1 >&2
        fi
    else
        found=$((found + 1))
    fi
    (cd "$tree" && patch -s -R -p1 <"$patch")
done
# Without a bug, the same seeds find nothing.
build
for name in $names; do
    seed=$(sed -n 's/^seed: //p' "$root/src/testing/sim/mutants/$name.patch")
    sweep SIM_SEED="$seed" || missed="$missed $name(without-it)"
done
echo "$found of $(echo "$names" | wc -w) planted bugs are found by their seeds"
[ -z "$missed" ] || { echo "not so:$missed" >&2; exit 1; }
