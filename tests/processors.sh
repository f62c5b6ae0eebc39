#!/usr/bin/env bash
# Runs the library's own tests for other processors: 32 bits, the other byte order, other calls. i686
# runs on this machine, the others under qemu-user. What cannot be had is skipped, with a line.
#
#   tests/processors.sh [NAME...]
#
# Debian: apt-get install qemu-user-static gcc-{arm-linux-gnueabihf,riscv64-linux-gnu,s390x-linux-gnu,powerpc64-linux-gnu}
set -euo pipefail
cd "$(dirname "$0")/.."
export CARGO_PROFILE_TEST_DEBUG=0 RUST_BACKTRACE=0
target_dir=${CARGO_TARGET_DIR:-target}
logs=$target_dir/processors
mkdir -p "$logs"

# NAME TARGET LINKER RUNNER. Those of musl need nothing of a system, and rustc brings their linker.
readonly PROCESSORS='
i686 i686-unknown-linux-musl rust-lld -
s390x s390x-unknown-linux-gnu s390x-linux-gnu-gcc qemu-s390x-static
armv7 armv7-unknown-linux-musleabihf rust-lld qemu-arm-static
armv7-gnu armv7-unknown-linux-gnueabihf arm-linux-gnueabihf-gcc qemu-arm-static
aarch64 aarch64-unknown-linux-musl rust-lld qemu-aarch64-static
riscv64 riscv64gc-unknown-linux-gnu riscv64-linux-gnu-gcc qemu-riscv64-static
powerpc64 powerpc64-unknown-linux-gnu powerpc64-linux-gnu-gcc qemu-ppc64-static
'

# A replay of seeds that takes a minute and more; the other seeds of that folder are replayed.
readonly SLOW=(--skip seeds_of_connection_hold)
# Minutes each under an emulator. And a test that starts its own program again, which the kernel
# knows no emulator for.
readonly SLOW_EMULATED=(--skip every_seed_keeps --skip every_switched --skip testing::sim::verdicts
    --skip seeds_of_upgrade --skip a_peer_that_has_gone_ends_no_process)

run() { # TARGET LINKER RUNNER LOG
    local variable=${1^^}
    variable=CARGO_TARGET_${variable//-/_}
    # Static, or the emulator would look for libraries in a root of its own, and find that one
    # whenever a test opens the directory `/`.
    local environment=("${variable}_LINKER=$2" "${variable}_RUSTFLAGS=-C target-feature=+crt-static")
    local skipped=("${SLOW[@]}")
    if [ "$3" != - ]; then
        environment+=("${variable}_RUNNER=$3")
        skipped+=("${SLOW_EMULATED[@]}")
    fi
    env SIM_SEEDS="${SIM_SEEDS:-4}" "${environment[@]}" \
        cargo test --locked --lib --target "$1" -- "${skipped[@]}" >"$4" 2>&1
}

wanted=" ${*:-$(awk '{ printf "%s ", $1 }' <<<"$PROCESSORS")} "
table=$(printf '%-10s %-32s %7s %7s %7s' processor target passed failed seconds)
status=0
while read -r name target linker runner; do
    [[ $wanted == *" $name "* ]] || continue
    if ! rustup target add "$target" >/dev/null 2>&1; then
        echo "skipped: $name: target $target cannot be had"
    elif [ "$linker" != rust-lld ] && ! command -v "$linker" >/dev/null; then
        echo "skipped: $name: no $linker"
    elif [ "$runner" != - ] && ! command -v "$runner" >/dev/null; then
        echo "skipped: $name: no $runner"
    elif [ "$runner" = - ] && [ "$(uname -sm)" != 'Linux x86_64' ]; then
        echo "skipped: $name: this machine cannot run it"
    else
        log=$logs/$name.log
        start=$SECONDS
        if ! run "$target" "$linker" "$runner" "$log" </dev/null; then
            status=1
            sed -n '/^error/,/^$/p; /^failures:/,$p' "$log" | tail -60
        fi
        # "test result: ok. 700 passed; 0 failed; ..."
        counts=$(awk '/^test result:/ { print $4, $6 }' "$log")
        read -r passed failed <<<"${counts:-- -}"
        table+=$(printf '\n%-10s %-32s %7s %7s %7s' "$name" "$target" "$passed" "$failed" \
            $((SECONDS - start)))
    fi
done < <(grep . <<<"$PROCESSORS")
printf '%s\n' "$table"
exit "$status"
