#!/bin/sh
# fenced.sh puts hardening drop-ins on the services of this machine, and takes them back. Read it before you run it.
#
# A trial does not hang on this shell. Before anything is touched, a systemd timer is armed that looks every few seconds
# whether this shell is still there and in time, and takes the trial back if not. A trial lies under /run, which a reboot
# empties. What is for good comes last, once the service has held, by one rename of one file.
#
# Needed: systemd 242 or newer, coreutils, grep, sed, awk, and curl or wget (or a copy of the files, see --from).
set -u
export LC_ALL=C
umask 022

# Where the index and the drop-ins come from; filled in when this file is published.
from=''

usage() {
  cat <<'END'
usage: fenced.sh scan               the running services, worst first, and what a profile makes of them
       fenced.sh try SERVICE        until the next boot; taken back at once if the service does not hold
       fenced.sh apply SERVICE      the same, then for good
       fenced.sh stages SERVICE     the same, stage by stage, and the last that held for good
       fenced.sh status [SERVICE]   what is installed, whether it is current, whether the service runs with it
       fenced.sh revert SERVICE     as it was before
SERVICE is a unit (nginx.service) or the name of a profile (nginx).

  --stage NAME       try, apply: only up to this stage
  --option NAME      for a set-up that the profile has an option for; may be repeated
  --check 'COMMAND'  has to succeed before and after; may be repeated
  --watch SECONDS    how long the service has to hold (15)
  --from DIR|URL     take the index and the drop-ins from there
  --dry-run          say what would be done, and change nothing

Exit status: 0 done; 1 the service did not hold, and runs as the last lines say; 2 refused, and nothing was changed.
END
}

newline='
'
command='' service='' stage='' options='' checks='' watch=15 dry='' work='' state=''
limit_restart=120 limit_check=60

say() { printf '%s\n' "$*"; }
complain() { say "fenced.sh: $*" >&2; }
refuse() {
  complain "$*; nothing was changed"
  exit 2
}

# However this shell ends, short of being killed: a trial that is not settled is taken back.
leave() {
  code=$?
  trap '' HUP INT TERM
  trap - EXIT
  [ -z "$state" ] || take_back
  rm -rf "$work"
  exit "$code"
}

# --- What is published ----------------------------------------------------------------------------------------------

fetch() { # PATH FILE
  case $from in
  '') refuse 'this copy does not know its site; say --from DIR or --from URL' ;;
  http://* | https://*)
    if command -v curl >/dev/null; then
      curl -fsSL --max-time 60 -o "$2" "$from/$1"
    else
      wget -q -T 60 -O "$2" "$from/$1"
    fi
    ;;
  *) cp "$from/$1" "$2" ;;
  esac
}

read_index() {
  fetch index.tsv "$work/index" || refuse "cannot read $from/index.tsv"
  head -n 1 "$work/index" | grep -q '^# fenced 1' || refuse "$from/index.tsv is not for this fenced.sh; get a newer one"
}

sum() { sha256sum <"$1" | cut -c 1-64; }

# Checksum and path of the rendering for the newest systemd that is not newer than the one here.
row() { # KIND NAME
  awk -F '\t' -v id="$id" -v kind="$1" -v name="$2" -v have="$version" '
    $1 == "file" && $2 == id && $3 == kind && $4 == name {
      if (!found) found = "old"
      if ($5 + 0 <= have + 0 && $5 + 0 >= best) { best = $5 + 0; found = $6 " " $7 }
    }
    END { print found }' "$work/index"
}

take() { # KIND NAME FILE
  found=$(row "$1" "$2")
  path=${found#* }
  [ "$found" ] || refuse "$id has no $1 $2; $from/$id/ shows what there is"
  [ "$found" != old ] || refuse "systemd $version is older than anything that is published for $id"
  fetch "$path" "$3" || refuse "cannot read $from/$path"
  [ "$(sum "$3")" = "${found%% *}" ] || refuse "$from/$path does not have the checksum that the index gives"
  # A profile sets a sandbox. What starts a program or brings an environment is none, whatever its checksum.
  if grep -Eqv '^(#.*|\[Service\]|[A-Z][A-Za-z]*=.*|)$' "$3" ||
    grep -Eiq '^(exec|environment|passenv|pam|root|load|set|import)[a-z]*=|\\$' "$3"; then
    refuse "$from/$path holds lines that no drop-in of a profile has"
  fi
  say "part $1 $2 $found" >>"$record"
}

# The drop-in and its options as one file, so that one rename installs them: lists of an option add to those above it.
make_drop_in() { # STEP, a stage or all
  file=$work/$1.conf record=$work/$1.record
  printf 'id %s\nunit %s\n' "$id" "$unit" >"$record"
  if [ "$1" = all ]; then take main hardening "$file"; else take stage "$1" "$file"; fi
  for option in $options; do
    take option "$option" "$work/option"
    # No more of an option than the stage has: its parts are in the order of the stages, each below its title.
    awk -F '\t' -v last="$1" '
      part == 1 && $1 == "stage" && past { stop["# " $3] }
      part == 1 && $1 == "stage" && $2 == last { past = 1 }
      part == 2 && $0 in stop { exit }
      part == 2' part=1 "$work/index" part=2 "$work/option" >"$work/part"
    { say '' && cat "$work/part"; } >>"$file"
  done
  say "sum $(sum "$file")" >>"$record"
}

# --- What is here ---------------------------------------------------------------------------------------------------

property() { systemctl show -p "$1" --value -- "$2" 2>/dev/null; }
one_line() { paste -s -d ' ' -; }

running() { # PATTERN
  systemctl list-units --full --plain --no-legend --type=service --state=active -- "$1" | cut -d ' ' -f 1 | one_line
}

# The unit that is meant, and its profile. A profile's name may stand for several units; only those that are here count.
find_unit() {
  name=$(property Id "${service%.service}.service")
  name=${name:-${service%.service}.service}
  rows=$(NAME=$name ID=$service awk -F '\t' '
    BEGIN { name = template = ENVIRON["NAME"]; sub(/@.*/, "@.service", template) }
    $1 == "unit" && ($3 == ENVIRON["ID"] || $2 == name) { print $2, $3, $4 }
    $1 == "unit" && $2 == template && $2 != name { print name, $3, $4 }' "$work/index")
  [ "$rows" ] || refuse "there is no profile for $name"
  unit=''
  while read -r one profile advice; do
    set_paths "$one"
    [ "$units" ] || [ "$(property LoadState "$one")" = loaded ] || continue
    [ -z "$unit" ] || refuse "both $unit and $one are here; name one"
    unit=$one id=$profile skip=$advice
  done <<END
$rows
END
  [ "$unit" ] || refuse "there is no unit $(say "$rows" | cut -d ' ' -f 1 | one_line) here"
  [ "$skip" != skip ] || refuse "$unit is better left alone, $from/$id/ says why"
  set_paths "$unit"
}

set_paths() { # UNIT
  for_good=/etc/systemd/system/$1.d/hardening.conf
  # Gone after a reboot, and read instead of a file of the same name in /etc.
  on_trial=/run/systemd/system.control/$1.d/hardening.conf
  kept=/var/lib/fenced/$1
  tried=/run/fenced/$1
  timer=fenced-undo-$(say "${1%.service}" | tr @ -)
  case $1 in
  *@.service) units=$(running "${1%.service}*.service") ;;
  *) units=$(running "$1") ;;
  esac
}

# Ours is what begins as ours do and has a checksum that was noted when it was written.
is_ours() { # FILE
  head -n 1 "$1" | grep -q '^# .* hardened.*: http' &&
    cat "$kept" "$tried" 2>/dev/null | grep -Eqx "(sum|was) $(sum "$1")"
}

refuse_foreign() {
  set -- "$for_good" "$on_trial"
  for path in /run /usr/local/lib /usr/lib; do set -- "$@" "$path/systemd/system/$unit.d/hardening.conf"; done
  for one in $units; do
    for path in $(property DropInPaths "$one"); do set -- "$@" "$path"; done
  done
  for path; do
    case $path in
    "$for_good" | "$on_trial") [ ! -e "$path" ] || ! is_ours "$path" || continue ;;
    */hardening.conf) ;;
    *) continue ;;
    esac
    if [ -e "$path" ] || [ -L "$path" ]; then
      refuse "$path is not of fenced.sh, or not as it wrote it; move it away to go on"
    fi
  done
}

require_writable() { # DIRECTORY...
  for path; do
    while [ ! -d "$path" ]; do path=${path%/*}; done
    mark=$(mktemp "$path/.fenced.XXXXXX" 2>/dev/null) || refuse "$path cannot be written"
    rm -f "$mark"
  done
}

exposure() { # UNIT
  systemd-analyze security --no-pager "$1" 2>/dev/null | sed -n 's/.*Overall exposure level for .*: \([0-9.]*\) .*/\1/p'
}

reads() { # UNIT FILE
  case " $(property DropInPaths "$1") " in *" $2 "*) ;; *) return 1 ;; esac
}

passes() {
  while IFS= read -r check; do
    [ "$check" ] || continue
    timeout "$limit_check" sh -c "$check" >"$work/check" 2>&1 </dev/null && continue
    why="the check '$check' fails: $(tail -n 1 "$work/check")"
    return 1
  done <<END
$checks
END
}

# --- The way back ---------------------------------------------------------------------------------------------------

# When a process began, so that no other with its number is taken for it; a dead one has no such time.
began() { awk '$3 !~ /[XZ]/ { print $22 }' "/proc/$1/stat" 2>/dev/null; }

# Copies what the trial replaces, writes the way back as a script of its own, and arms the timer that runs it.
arm() { # SECONDS
  mkdir -p /run/fenced
  state=$(mktemp -d /run/fenced/trial.XXXXXX) || refuse '/run/fenced cannot be written'
  [ ! -e "$on_trial" ] || cp -p "$on_trial" "$state/drop-in"
  [ ! -e "$tried" ] || cp -p "$tried" "$state/record"
  {
    printf "state='%s' unit='%s' units='%s' timer='%s'\n" "$state" "$unit" "$units" "$timer"
    printf "on_trial='%s' tried='%s' shell='%s' since='%s' deadline='%s'\n" \
      "$on_trial" "$tried" "$$" "$(began $$)" "$(($(cut -d . -f 1 /proc/uptime) + $1))"
    cat <<'END'
cd "$state" || exit 0
now=$(awk '$3 !~ /[XZ]/ { print $22 }' "/proc/$shell/stat" 2>/dev/null)
if [ "$now" = "$since" ] && [ ! -e give-back ] && [ ! -e undoing ]; then
  [ "$(cut -d . -f 1 /proc/uptime)" -ge "$deadline" ] || exit 0
fi
# This rename, or the one of a trial that has held: whichever comes first.
if mv armed undoing 2>/dev/null || [ -e undoing ]; then
  rm -f "$on_trial" "$on_trial.new" "$tried"
  [ ! -e drop-in ] || cp -p drop-in "$on_trial"
  [ ! -e record ] || cp -p record "$tried"
  rmdir "${on_trial%/*}" 2>/dev/null
  systemctl daemon-reload
  for again in 1 2 3; do
    # A unit that has failed often enough is not started again before this.
    systemctl reset-failed $units 2>/dev/null
    [ ! -e touched ] || systemctl restart $units && break
    sleep 2
  done
  echo "<5>fenced.sh took the trial of $unit back"
fi
systemctl stop "$timer.timer"
rm -rf "$state"
END
  } >"$state/undo"
  touch "$state/armed"
  if systemd-run --quiet --collect --unit="$timer" --description="fenced.sh: the way back for $unit" \
    --on-active=5 --on-unit-inactive=5 --timer-property=AccuracySec=1s -p Type=oneshot -p LogLevelMax=notice \
    sh "$state/undo"; then return; fi
  rm -rf "$state"
  state=''
  refuse "the timer for the way back of $unit could not be armed; another fenced.sh may be at it"
}

# The service of the timer does it: that one lives on should this shell be killed meanwhile.
take_back() {
  touch "$state/give-back" 2>/dev/null
  tries=0
  while [ -d "$state" ] && [ $((tries += 1)) -lt 300 ]; do
    systemctl start "$timer.service" 2>/dev/null
    [ ! -d "$state" ] || sleep 1
  done
  state=''
  for one in $units; do complain "taken back: $one is $(systemctl is-active "$one")"; done
}

# What the trial has reached stays.
settle() {
  why='it took too long'
  mv "$state/armed" "$state/settled" 2>/dev/null || return 1
  systemctl stop "$timer.timer"
  rm -rf "$state"
  state=''
}

# --- A trial --------------------------------------------------------------------------------------------------------

# Installs a step's drop-in on trial, restarts, and looks whether the service holds; $why says what is wrong.
holds() { # STEP
  why='it took too long'
  [ -e "$state/armed" ] || return 1
  began_at=$(date +%s)
  why="$on_trial cannot be written"
  mkdir -p "${on_trial%/*}" && cp "$work/$1.record" "$tried" && cp "$work/$1.conf" "$on_trial.new" &&
    mv -f "$on_trial.new" "$on_trial" && touch "$state/touched" || return 1
  why='it does not start'
  systemctl daemon-reload || return 1
  # shellcheck disable=SC2086 # names of units hold no blanks
  systemctl reset-failed $units 2>/dev/null
  # shellcheck disable=SC2086
  timeout "$limit_restart" systemctl restart $units 2>/dev/null || return 1
  left=$watch
  while :; do
    for one in $units; do
      why="$one does not stay up"
      case $(systemctl show -p ActiveState -p NRestarts -- "$one" | sort | one_line) in
      'ActiveState=active NRestarts=0' | 'ActiveState=reloading NRestarts=0') ;;
      *) return 1 ;;
      esac
      why="systemd does not read $on_trial"
      reads "$one" "$on_trial" || return 1
    done
    [ "$left" -gt 0 ] || break
    sleep 1
    left=$((left - 1))
  done
  passes
}

# What the journal said since the restart; where a message is known, only those, with the lines that may have caused it.
read_journal() { # STEP
  journalctl --sync 2>/dev/null
  for one in $units; do journalctl -q --no-pager -o cat -u "$one" --since "@$began_at"; done >"$work/journal" 2>/dev/null
  awk -F '\t' '
    part == 1 { if (!/^#/) { pattern[++n] = $1; causes[n] = $2 } next }
    part == 2 { if (match($0, /^[A-Za-z]+=/)) is_set[substr($0, 1, RLENGTH - 1)]; next }
    seen[$0]++ { next }
    {
      line[++lines] = "  " $0; likely = ""; longest = 0
      for (i = 1; i <= n; i++) if (tolower($0) ~ pattern[i] && length(pattern[i]) > longest) {
        longest = length(pattern[i]); likely = ""
        count = split(causes[i], name, " ")
        for (j = 1; j <= count; j++) if (name[j] in is_set) likely = likely " " name[j]
      }
      if (likely != "") { line[lines] = line[lines] "\n    likely:" likely; known[lines]; any = 1 }
    }
    END { for (i = 1; i <= lines; i++) if (any ? i in known : i > lines - 10) print line[i] }
  ' part=1 "$work/messages" part=2 "$work/$1.conf" part=3 "$work/journal" | tail -n 20 >"$work/said"
}

named() { # STEP
  if [ "$1" = all ]; then say 'all of it'; else say "the stages up to $1"; fi
}

fail() { # STEP
  [ -e "$state/armed" ] || why='it took too long'
  complain "$unit does not hold with $(named "$1"): $why"
  read_journal "$1"
  take_back
  [ ! -s "$work/said" ] || say "The journal said:$newline$(cat "$work/said")"
  exit 1
}

# A power cut, or a kill, before the last rename leaves the old state; after it, the new one, whole.
make_permanent() { # STEP
  why="$for_good or $kept cannot be written"
  [ ! -e "$for_good" ] || say "was $(sum "$for_good")" >>"$work/$1.record"
  if ! { mkdir -p "${for_good%/*}" "${kept%/*}" && cp "$work/$1.conf" "$for_good.new" &&
    cp "$work/$1.record" "$kept.new" && sync "$for_good.new" "$kept.new" && mv -f "$kept.new" "$kept" &&
    [ -e "$state/armed" ] && mv -f "$for_good.new" "$for_good"; }; then
    rm -f "$for_good.new" "$kept.new"
    rmdir "${for_good%/*}" "${kept%/*}" 2>/dev/null
    return 1
  fi
  sync "${for_good%/*}" "${kept%/*}"
  rm -f "$on_trial" "$tried"
  rmdir "${on_trial%/*}" 2>/dev/null
  systemctl daemon-reload
  settle
}

trial() {
  read_index
  fetch messages.tsv "$work/messages" 2>/dev/null || : >"$work/messages"
  find_unit
  refuse_foreign
  steps=${stage:-all}
  if [ "$command" = stages ]; then
    steps="$(awk -F '\t' -v id="$id" '$1 == "file" && $2 == id && $3 == "stage" && !seen[$4]++ { print $4 }' \
      "$work/index" | sed '$d' | one_line) all"
  fi
  for step in $steps; do make_drop_in "$step"; done
  [ "$units" ] || refuse "$unit is not running, so nothing could be seen; start it first"
  if [ "$command" = apply ] && [ ! -e "$tried" ] && cmp -s "$for_good" "$file"; then
    say "$unit has exactly this already"
    return
  fi
  if [ "$dry" ]; then
    say "would write $on_trial, restart $units, and look for $watch s whether it holds"
    [ "$steps" = "$step" ] || say "that with one stage after the other: $steps"
    [ -z "$checks" ] || say "would then run: $checks"
    [ "$command" = try ] || say "would then write the last that held to $for_good"
    say "this is what it comes to, its checksums verified:$newline$(sed 's/^/  /' "$file")"
    return
  fi
  [ "$command" = try ] || require_writable "${for_good%/*}" "${kept%/*}"
  passes || refuse "$why, and that without the drop-in"
  before=$(exposure "${units%% *}")
  count=$(say "$checks" | grep -c .)
  # Twice, since the last step that held may have to be taken again.
  arm $((2 * $(say "$steps" | wc -w) * (limit_restart + watch + limit_check * count + 30)))
  held=''
  for step in $steps; do
    if holds "$step"; then
      held=$step
      say "$unit holds with $(named "$step"): exposure $before -> $(exposure "${units%% *}")"
      continue
    fi
    [ "$held" ] || fail "$step"
    complain "$unit does not hold with $(named "$step"): $why"
    read_journal "$step"
    say "The journal said:$newline$(cat "$work/said")"
    holds "$held" || fail "$held"
    break
  done
  if [ "$command" = try ]; then
    settle || fail "$held"
    say "kept until the next boot, in $on_trial; apply keeps it for good, revert takes it away"
  else
    make_permanent "$held" || fail "$held"
    say "kept for good, $(named "$held"), in $for_good; revert takes it away"
  fi
  [ "$held" = "$step" ] || exit 1
}

# --- The other commands ---------------------------------------------------------------------------------------------

scan() {
  read_index
  running '*' | tr ' ' '\n' >"$work/running"
  systemd-analyze security --no-pager >"$work/exposure" 2>/dev/null
  say 'today  with it  service'
  awk -F '\t' -v have="$version" '
    part == 1 && $1 == "unit" { of[$2] = $3; advice[$2] = $4 }
    # The platform with the nearest systemd that is not newer, else the oldest.
    part == 1 && $1 == "score" {
      rank = $3 + 0 <= have + 0 ? 1000 + $3 : 1000 - $3
      if (rank > best[$2]) { best[$2] = rank; after[$2] = $5; label[$2] = $6 }
    }
    part == 2 { runs[$1] }
    part == 3 && split($0, word, " ") && word[1] in runs {
      unit = word[1]
      sub(/@.*\.service$/, "@.service", unit)
      to = "-"; note = "no profile"
      if (unit in of) { to = after[of[unit]]; note = "as measured on " label[of[unit]] }
      if (advice[unit] == "skip") { to = "-"; note = "better left alone" }
      printf "%5s  %7s  %-40s  %s\n", word[2], to, word[1], note
    }' part=1 "$work/index" part=2 "$work/running" part=3 "$work/exposure" | sort -k 1,1rn
}

# Runs a command for each record of what is installed that $service means.
each_record() { # COMMAND
  for record in /var/lib/fenced/*.service /run/fenced/*.service; do
    [ -f "$record" ] || continue
    unit=$(sed -n 's/^unit //p' "$record") id=$(sed -n 's/^id //p' "$record")
    case $service in '' | "$unit" | "${unit%.service}" | "$id") ;; *) continue ;; esac
    set_paths "$unit"
    any=1
    "$1"
  done
  [ "$any" ] || say "nothing of fenced.sh is installed${service:+ for $service}"
}

show_status() {
  how='until the next boot' path=$on_trial age=current fit='not running'
  [ "$record" != "$kept" ] || { how='for good' && path=$for_good; }
  while read -r _ kind name found; do
    [ "$(row "$kind" "$name")" = "$found" ] || age='not what is published; apply it again'
  done <<END
$(grep '^part ' "$record")
END
  [ -s "$work/index" ] || age='no index to compare it with'
  if [ ! -e "$path" ]; then age='gone'; elif ! is_ours "$path"; then age='changed by hand'; fi
  for one in $units; do
    fit='running without it'
    if [ "$(property NeedDaemonReload "$one")" = no ] && reads "$one" "$path"; then
      fit="running with it, exposure $(exposure "$one")"
    fi
  done
  say "$unit: $how, $age, $fit ($path)"
}

undo_record() {
  ! systemctl is-active -q "$timer.timer" || refuse "a trial of $unit is under way, or is just being taken back"
  for path in "$for_good" "$on_trial"; do
    [ ! -e "$path" ] || is_ours "$path" || refuse "$path is not as fenced.sh wrote it; remove it by hand"
  done
  if [ "$dry" ]; then
    say "would remove $for_good and $on_trial, as far as they are there, and restart $units"
    return
  fi
  [ ! -e "$for_good" ] || require_writable "${for_good%/*}" "${kept%/*}"
  rm -f "$for_good" "$on_trial" "$for_good.new" "$kept.new"
  rmdir "${for_good%/*}" "${on_trial%/*}" 2>/dev/null
  systemctl daemon-reload
  if [ "$units" ]; then
    # shellcheck disable=SC2086
    systemctl reset-failed $units 2>/dev/null
    # shellcheck disable=SC2086
    systemctl restart $units || failed=1
  fi
  # Last: whoever is interrupted before this can say revert again.
  rm -f "$kept" "$tried"
  rmdir "${kept%/*}" 2>/dev/null
  for one in $units; do say "taken away: $one is $(systemctl is-active "$one")"; done
}

# --- The command line -----------------------------------------------------------------------------------------------

while [ $# -gt 0 ]; do
  case $1 in
  --stage) stage=${2?the name of a stage is missing} && shift ;;
  --option) options="$options ${2?the name of an option is missing}" && shift ;;
  --check) checks=$checks${2?the command is missing}$newline && shift ;;
  --watch) watch=${2?the seconds are missing} && shift ;;
  --from) from=${2?the directory is missing} && from=${from%/} && shift ;;
  --dry-run) dry=1 ;;
  --help) usage && exit ;;
  -*) refuse "there is no $1; see fenced.sh --help" ;;
  *)
    [ -z "$service" ] || refuse "one service at a time, not also $1"
    if [ "$command" ]; then service=$1; else command=$1; fi
    ;;
  esac
  shift
done
case $stage$options in *[!a-z0-9\ -]*) refuse 'the names of stages and options are lower case' ;; esac
case $watch in '' | *[!0-9]*) refuse "--watch wants seconds, not $watch" ;; esac
case $command in
scan | status) ;;
try | apply | stages | revert)
  [ "$service" ] || refuse "which service? fenced.sh $command SERVICE"
  [ -z "$stage" ] || [ "$command" != stages ] || refuse 'stages walks through all of them; leave out --stage'
  [ "$dry" ] || [ "$(id -u)" = 0 ] || refuse "$command needs root"
  ;;
*)
  usage >&2
  exit 2
  ;;
esac
[ -d /run/systemd/system ] || refuse 'systemd does not run this machine'
version=$(systemctl show -p Version --value | sed 's/[^0-9].*//')
any='' failed=0
work=$(mktemp -d) || refuse 'no temporary directory can be made'
trap leave EXIT
trap 'exit 1' HUP INT TERM
case $command in
scan) scan ;;
status)
  fetch index.tsv "$work/index" 2>/dev/null || : >"$work/index"
  each_record show_status
  ;;
revert) each_record undo_record && exit "$failed" ;;
*) trial ;;
esac
