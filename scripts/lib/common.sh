# Shared by the commands in scripts/: messages, and running something as root.
# Source it after `set -euo pipefail`.

ENTITYSYNC_ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"
readonly ENTITYSYNC_ROOT

say() { printf '==> %s\n' "$*"; }
warn() { printf 'warning: %s\n' "$*" >&2; }

# die MESSAGE...: one paragraph that says what is wrong and what to do, then exit 1.
die() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

# as_root COMMAND...: runs it as root, directly or through sudo.
as_root() {
  if [[ "$(id -u)" -eq 0 ]]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo --preserve-env=DEBIAN_FRONTEND "$@"
  else
    die "'$*' needs root, and there is no sudo here. Run this command as root, or install sudo."
  fi
}

# job_count: how many compilers to run at once: one per core, and per 2 GiB of memory.
job_count() {
  local cores memory_kib by_memory
  cores="$(nproc)"
  memory_kib="$(awk '/^MemTotal:/ { print $2 }' /proc/meminfo)"
  by_memory=$((memory_kib / (2 * 1024 * 1024)))
  ((by_memory >= 1)) || by_memory=1
  echo $((cores < by_memory ? cores : by_memory))
}

# ccache sees through precompiled headers and through the folder a clone stands in.
export CCACHE_SLOPPINESS="${CCACHE_SLOPPINESS:-pch_defines,time_macros,include_file_mtime,include_file_ctime}"
export CCACHE_BASEDIR="${CCACHE_BASEDIR:-$ENTITYSYNC_ROOT}"
export CCACHE_NOHASHDIR="${CCACHE_NOHASHDIR:-1}"
