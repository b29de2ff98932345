# Shared by the scripts beside it: words, packages, ports, processes. Sourced, not run.

# Where Debian has servers, which other users than root do not have in their search path.
PATH=$PATH:/usr/sbin:/sbin
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
started=()

say() { printf '%s\n' "$*"; }
step() { printf '\n== %s (%d s since the start)\n' "$*" "$SECONDS"; }
die() {
  printf '\nError: %s\n' "$*" >&2
  exit 1
}

# --- packages -------------------------------------------------------------------------------------------

missing_packages() {
  local package
  for package in "$@"; do
    [[ $(dpkg-query -W -f='${Status}' "$package" 2>/dev/null) == *'ok installed'* ]] || printf '%s\n' "$package"
  done
}

# Installs Debian packages that are missing, saying so first. Their services are not started: the scripts
# start what they need themselves, on ports of their own.
install_packages() {
  local missing sudo=() policy=/usr/sbin/policy-rc.d
  command -v dpkg-query >/dev/null || die "this script installs Debian packages; elsewhere, install these yourself: $*"
  mapfile -t missing < <(missing_packages "$@")
  [ ${#missing[@]} -gt 0 ] || return 0
  step "Installing Debian packages: ${missing[*]}"
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || die "needs root once, to install: ${missing[*]}"
    sudo=(sudo)
  fi
  # Ours is known by its mark, so that one left behind by a run that was killed is taken away by the next.
  local guarded= failed=
  if [ ! -e "$policy" ] || grep -q "made by Hallport" "$policy"; then
    guarded=yes
    trap 'exit 130' INT TERM
    # shellcheck disable=SC2064
    trap "${sudo[*]} rm -f '$policy'" EXIT
    printf '#!/bin/sh\n# made by Hallport while it installs packages\nexit 101\n' | "${sudo[@]}" tee "$policy" >/dev/null
    "${sudo[@]}" chmod +x "$policy"
  fi
  "${sudo[@]}" apt-get update -qq &&
    "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" \
      >/tmp/hallport-apt.$$ 2>&1 || failed=yes
  if [ -n "$guarded" ]; then
    "${sudo[@]}" rm -f "$policy"
    trap - EXIT INT TERM
  fi
  if [ -n "$failed" ]; then
    tail -n 20 "/tmp/hallport-apt.$$" >&2
    die "the packages could not be installed"
  fi
  rm -f "/tmp/hallport-apt.$$"
}

need_rust() {
  if ! command -v cargo >/dev/null && [ -f "${CARGO_HOME:-$HOME/.cargo}/env" ]; then
    # shellcheck disable=SC1091
    . "${CARGO_HOME:-$HOME/.cargo}/env"
  fi
  command -v cargo >/dev/null || die "Rust is missing; install it with rustup (rustup.rs) and run this again"
}

# Where Postgres' programs are, in `bindir`, and how they are run as a user that they accept, in `as_postgres`.
find_postgres() {
  bindir=$(find /usr/lib/postgresql -maxdepth 2 -name bin 2>/dev/null | sort -V | tail -n 1)
  [ -n "$bindir" ] || bindir=$(pg_config --bindir)
  as_postgres=()
  [ "$(id -u)" -ne 0 ] || as_postgres=(runuser -u postgres --)
}

# The tests' mail server, reader of calendars and tester of the interface, in a virtual environment whose place is
# `HALLPORT_TEST_VENV`; made anew where other ones are wanted than it was made with.
need_python_peers() {
  export HALLPORT_TEST_VENV=$root/.hallport/test-venv
  ! cmp -s "$root/e2e/requirements.txt" "$HALLPORT_TEST_VENV/requirements.txt" || return 0
  mkdir -p "$root/.hallport"
  python3 -m venv "$HALLPORT_TEST_VENV"
  "$HALLPORT_TEST_VENV/bin/pip" install --quiet --requirement "$root/e2e/requirements.txt"
  cp "$root/e2e/requirements.txt" "$HALLPORT_TEST_VENV/requirements.txt"
}

# The browser tests' peers, a Node.js that they can do with among them.
need_npm_peers() {
  (cd "$root/e2e/browser" && npm ci --silent --no-audit --no-fund)
  PATH=$root/e2e/browser/node_modules/.bin:$PATH
}

# --- ports and processes --------------------------------------------------------------------------------

port_is_taken() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

need_free_port() {
  port_is_taken "$1" && die "port $1 ($2) is taken by another program. End it, or see '$0 --help'"
  return 0
}

# start NAME LOG COMMAND…: runs in the background and is ended with the script.
start() {
  local name=$1 log=$2
  shift 2
  # A session of its own, so that Ctrl-C in the terminal reaches only this script, which ends all in order.
  setsid "$@" >>"$log" 2>&1 </dev/null &
  started+=("$!:$name:$log")
}

# Ends what was started, last first, and waits for it.
stop_all() {
  local i entry pid
  for ((i = ${#started[@]} - 1; i >= 0; i--)); do
    entry=${started[$i]}
    pid=${entry%%:*}
    kill -TERM "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
  done
  started=()
}

# wait_until SECONDS WHAT COMMAND…: until the command succeeds; fails if a started process has ended.
wait_until() {
  local seconds=$1 what=$2 deadline entry pid
  shift 2
  deadline=$((SECONDS + seconds))
  until "$@" >/dev/null 2>&1; do
    for entry in "${started[@]}"; do
      pid=${entry%%:*}
      if ! kill -0 "$pid" 2>/dev/null; then
        tail -n 15 "${entry##*:}" >&2
        die "$(cut -d: -f2 <<<"$entry") ended before $what; its log is ${entry##*:}"
      fi
    done
    [ "$SECONDS" -lt "$deadline" ] || die "gave up waiting for $what after $seconds s; logs are in $logs"
    sleep 0.05
  done
}

http_ok() { curl --silent --fail --max-time 2 --output /dev/null "$1"; }
