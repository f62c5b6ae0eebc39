#!/usr/bin/env bash
# Prints README's table of sizes: bytes of `--profile small`, and memory when idle. Of programs that
# this machine cannot run there is the size alone. What cannot be built is skipped, with a line.
#
#   benches/sizes.sh [TARGET...]
set -euo pipefail
cd "$(dirname "$0")/.."
out=${CARGO_TARGET_DIR:-target}

# Those of musl are static, and linked by the linker that Rust brings.
targets=("$@")
[ $# -gt 0 ] || targets=(x86_64-unknown-linux-gnu x86_64-unknown-linux-musl i686-unknown-linux-musl
    aarch64-unknown-linux-musl armv7-unknown-linux-musleabihf)
server='' work=$(mktemp -d)
trap 'kill "$server" 2>/dev/null || true; rm -rf "$work"' EXIT

thousands() { sed ':again; s/\([0-9]\)\([0-9]\{3\}\)\($\|,\)/\1,\2\3/; t again' <<<"$1"; }

build() { # TARGET ARGUMENTS...
    local variable=${1^^} target=$1
    shift
    case $target in
        *-musl*) local -x "CARGO_TARGET_${variable//-/_}_LINKER=rust-lld" ;;
    esac
    cargo build --locked --profile small --target "$target" "$@" >"$work/log" 2>&1
}

idle() { # PROGRAM: resident memory, what of it is its own, and what it shares counted in parts
    "$1" -b 127.0.0.1 -d "$work" --max-connections 16 --no-listing 0 >"$work/banner" 2>/dev/null &
    server=$!
    for _ in $(seq 100); do
        [ -s "$work/banner" ] && break
        sleep 0.1
    done
    [ -s "$work/banner" ] || return 1
    awk '/^Rss:/ { rss = $2 } /^Pss:/ { pss = $2 } /^Private_Dirty:/ { own = $2 }
        END { print rss, pss, own }' "/proc/$server/smaps_rollup"
    kill -INT "$server"
    wait "$server"
    server=''
}

printf '| target | program, bytes | `minimal`, bytes | idle: resident, KiB | its share, KiB | written, KiB |\n'
printf '| --- | --- | --- | --- | --- | --- |\n'
for target in "${targets[@]}"; do
    if ! rustup target add "$target" >/dev/null 2>&1; then
        echo "skipped: $target cannot be had" >&2
        continue
    fi
    if ! build "$target" || ! build "$target" --no-default-features --example minimal; then
        echo "skipped: $target cannot be built:" >&2
        tail -5 "$work/log" >&2
        continue
    fi
    program=$out/$target/small/sprat
    memory=(— — —)
    case $target in
        x86_64-* | i686-*)
            # Not by a command substitution: the server would be a child of another shell.
            idle "$program" >"$work/memory"
            read -r -a memory <"$work/memory"
            ;;
    esac
    printf '| %s | %s | %s | %s | %s | %s |\n' "\`$target\`" \
        "$(thousands "$(wc -c <"$program")")" \
        "$(thousands "$(wc -c <"$out/$target/small/examples/minimal")")" \
        "$(thousands "${memory[0]}")" "$(thousands "${memory[1]}")" "$(thousands "${memory[2]}")"
done
