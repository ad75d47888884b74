import type { LaunchSpec } from "../../exec/Exec.ts"
import { JOB_FILES, logOf } from "./job.ts"

/**
 * The supervisor of a job: runs the agent and records its exit code, because the dispatcher may have ended before. No shell
 * parses the agent's command again.
 *
 * The trap keeps the supervisor alive when a signal ends the whole group, so it still records the agent's exit code. It is
 * not `trap ''`, because the agent would inherit that.
 */
const SUPERVISOR = `
dir=$1
shift
(umask 077 && : >"$dir/${JOB_FILES.begun}") || exit 125
trap : HUP INT TERM
"$@"
code=$?
(umask 077 && echo "$code" >"$dir/${JOB_FILES.exit}.new" && mv -f "$dir/${JOB_FILES.exit}.new" "$dir/${JOB_FILES.exit}")
exit "$code"
`

/** The supervisor that runs `agent`, and the log of both. `logSize`: in MiB. */
export const supervisorOf = (directory: string, logSize: number, agent: ReadonlyArray<string>) =>
  ({
    tool: "agent",
    command: "/bin/sh",
    args: ["-c", SUPERVISOR, "nightly-dispatch-job", directory, ...agent],
    logFile: logOf(directory),
    logLimit: {
      bytes: logSize * 1024 * 1024,
      notice: `nightly-dispatch: the log ends here: it has reached ${logSize} MiB (retention.logSize), or the disk is full`
    }
  }) satisfies Partial<LaunchSpec>
