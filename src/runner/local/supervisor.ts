import { JOB_FILES } from "./job.ts"

/**
 * Copies its input to the log until that has its limit, and then only reads on: the agent must not notice. A limit on the size
 * of files holds for `cat` alone, which, unlike `head`, writes each line at once. It fails on a full disk, too.
 */
const LOG_LIMITER = `
blocks=$1 notice=$2
(ulimit -S -f "$blocks"; trap '' XFSZ; exec cat) 2>/dev/null && exit
printf '\\n%s\\n' "$notice"
exec cat >/dev/null
`

/**
 * The supervisor of a job: runs the agent and records its exit code, because the dispatcher may have ended before. No shell
 * parses the agent's command again.
 *
 * The limiter of the log has a session of its own where that is possible, works in no worktree, carries no attempt and ignores
 * signals: it is no part of the job, and lives as long as any process writes to the log. Without `mkfifo` there is no limit.
 *
 * The trap keeps the supervisor alive when a signal ends the whole group, so it still records the agent's exit code. It is
 * not `trap ''`, because the agent would inherit that.
 */
const SUPERVISOR = `
dir=$1 limiter=$2 blocks=$3 notice=$4
shift 4
(umask 077 && : >"$dir/${JOB_FILES.begun}") || exit 125
if (umask 077 && mkfifo "$dir/${JOB_FILES.pipe}") 2>/dev/null; then
  # The first descriptor lets the next two open without waiting for each other.
  exec 3<>"$dir/${JOB_FILES.pipe}" 4<"$dir/${JOB_FILES.pipe}" 5>"$dir/${JOB_FILES.pipe}" 3>&-
  rm -f "$dir/${JOB_FILES.pipe}"
  (
    cd / && unset NIGHTLY_DISPATCH_ATTEMPT
    trap '' HUP INT TERM
    exec $(command -v setsid) /bin/sh -c "$limiter" nightly-dispatch-log "$blocks" "$notice" <&4 4<&- 5>&-
  ) &
  exec >&5 2>&1 4<&- 5>&-
fi
trap : HUP INT TERM
"$@"
code=$?
(umask 077 && echo "$code" >"$dir/${JOB_FILES.exit}.new" && mv -f "$dir/${JOB_FILES.exit}.new" "$dir/${JOB_FILES.exit}")
exit "$code"
`

/** Bytes of the unit of `ulimit -f`. */
const BLOCK = 512

/** The command of a supervisor that runs `agent`. `logSize`: in MiB. Its output must be the log. */
export const supervisorOf = (directory: string, logSize: number, agent: ReadonlyArray<string>) => {
  const notice = `nightly-dispatch: the log ends here: it has reached ${logSize} MiB (retention.logSize), or the disk is full`
  const settings = [directory, LOG_LIMITER, String((logSize * 1024 * 1024) / BLOCK), notice]
  return { command: "/bin/sh", args: ["-c", SUPERVISOR, "nightly-dispatch-job", ...settings, ...agent] }
}
