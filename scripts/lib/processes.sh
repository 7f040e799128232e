# Starting, watching and stopping the processes of a demonstration. Source it after common.sh, set
# RUN_DIR, and call stop_all in an EXIT trap.

PROCESS_NAMES=()
PROCESS_IDS=()

# start NAME COMMAND...: in the background, output to $RUN_DIR/NAME.log. Ctrl-C reaches this script
# only, and even a killed script leaves no process behind.
start() {
  local name="$1"
  shift
  setsid setpriv --pdeathsig TERM -- "$@" >"$RUN_DIR/$name.log" 2>&1 </dev/null &
  PROCESS_NAMES+=("$name")
  PROCESS_IDS+=("$!")
}

# Ends all that was started, last first: politely, and after 20 s by force.
stop_all() {
  local index deadline
  for ((index = ${#PROCESS_IDS[@]} - 1; index >= 0; --index)); do
    kill -TERM "${PROCESS_IDS[index]}" 2>/dev/null || true
  done
  deadline=$((SECONDS + 20))
  for index in "${!PROCESS_IDS[@]}"; do
    while kill -0 "${PROCESS_IDS[index]}" 2>/dev/null; do
      if ((SECONDS >= deadline)); then
        warn "${PROCESS_NAMES[index]} did not stop within 20 s and is killed"
        kill -KILL "${PROCESS_IDS[index]}" 2>/dev/null || true
        break
      fi
      sleep 0.1
    done
  done
  PROCESS_IDS=()
}

# The name of a process that ended, or nothing.
dead_process() {
  local index
  for index in "${!PROCESS_IDS[@]}"; do
    if ! kill -0 "${PROCESS_IDS[index]}" 2>/dev/null; then
      echo "${PROCESS_NAMES[index]}"
      return
    fi
  done
}

# die_with_log NAME MESSAGE...: shows the end of its log first.
die_with_log() {
  local name="$1"
  shift
  printf -- '--- the end of %s\n' "$RUN_DIR/$name.log" >&2
  tail -n 20 "$RUN_DIR/$name.log" >&2 || true
  printf -- '---\n' >&2
  die "$@"
}

# wait_for NAME URL: until a GET of URL is answered 200, for at most 30 s.
wait_for() {
  local name="$1" url="$2" deadline=$((SECONDS + 30)) dead
  until curl --silent --fail --max-time 2 --noproxy '*' --output /dev/null "$url"; do
    dead="$(dead_process)"
    [[ -z "$dead" ]] || die_with_log "$dead" "$dead ended while $name was starting."
    ((SECONDS < deadline)) || die_with_log "$name" "$name did not answer at $url within 30 s."
    sleep 0.1
  done
}

# require_free_port HOST PORT HOW_TO_CHANGE: dies if something listens there.
require_free_port() {
  local host="$1"
  [[ "$host" == 0.0.0.0 ]] && host=127.0.0.1
  if (exec 3<>"/dev/tcp/$host/$2") 2>/dev/null; then
    die "port $2 on $host is busy. Stop what listens there, or choose another with $3."
  fi
}
