import * as fs from "node:fs"
import * as path from "node:path"

/** One call of an external tool. */
export interface Call {
  /** `bd`, `dx-runner` or `git`. */
  readonly tool: string
  readonly args: string
  /** Milliseconds since the epoch. */
  readonly begin: number
  readonly end: number
}

/** How long a call takes at least, in milliseconds. */
export interface Latencies {
  readonly bd: number
  readonly preflight: number
  readonly start: number
}

/** A tool that takes at least so long, and writes down when it began and ended: one line a call. */
const wrapper = (tool: string, log: string, latency: string) => `#!/usr/bin/env bash
begin=$EPOCHREALTIME latency=${latency}
"${tool}" "$@"
exit=$?
now=$EPOCHREALTIME
left=$((\${begin/./} + latency * 1000 - \${now/./}))
[ $left -le 0 ] || { printf -v left '%d.%06d' $((left / 1000000)) $((left % 1000000)); sleep "$left"; }
printf '%s\\t%s\\t%s\\t%s\\n' "$begin" "$EPOCHREALTIME" "\${0##*/}" "\${*//$'\\n'/ }" >>"${log}"
exit $exit
`

const RUNNER_LATENCY = ({ preflight, start }: Latencies) =>
  `$(case $1 in preflight) echo ${preflight} ;; start) echo ${start} ;; *) echo 0 ;; esac)`

interface GitEvent {
  readonly event: string
  readonly sid: string
  readonly time: string
  readonly argv?: ReadonlyArray<string>
}

/** Git's own record of its commands, without those that a git started. */
const gitCalls = (text: string): ReadonlyArray<Call> => {
  const begun = new Map<string, GitEvent>()
  return text.split("\n").flatMap((line): ReadonlyArray<Call> => {
    const event: GitEvent | undefined = line === "" ? undefined : JSON.parse(line)
    if (event === undefined || event.sid.includes("/")) return []
    if (event.event === "start") begun.set(event.sid, event)
    const start = begun.get(event.sid)
    if (event.event !== "exit" || start === undefined) return []
    const args = start.argv?.slice(1).join(" ") ?? ""
    return [{ tool: "git", args, begin: Date.parse(start.time), end: Date.parse(event.time) }]
  })
}

const toolCalls = (text: string): ReadonlyArray<Call> =>
  text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const [begin = "", end = "", tool = "", args = ""] = line.split("\t")
      return { tool, args, begin: Number(begin) * 1000, end: Number(end) * 1000 }
    })

/**
 * Makes `bd` and `dx-runner` in the directory `bin`, on these tools, and has git record its commands. Gives what reads the calls, in
 * the order of their begin.
 */
export const makeTimedTools = (
  { bin, home }: { readonly bin: string; readonly home: string },
  tools: { readonly bd: string; readonly runner: string },
  latencies: Latencies
) => {
  const [log, gitLog] = [path.join(bin, "calls.log"), path.join(home, "git.log")]
  const make = (name: string, tool: string, latency: string) =>
    fs.writeFileSync(path.join(bin, name), wrapper(tool, log, latency), { mode: 0o755 })
  make("bd", tools.bd, String(latencies.bd))
  make("dx-runner", tools.runner, RUNNER_LATENCY(latencies))
  fs.writeFileSync(path.join(home, ".gitconfig"), `[trace2]\neventTarget = ${gitLog}\n`)
  const forget = () => {
    for (const file of [log, gitLog]) fs.writeFileSync(file, "")
  }
  const calls = (): ReadonlyArray<Call> =>
    [...toolCalls(fs.readFileSync(log, "utf8")), ...gitCalls(fs.readFileSync(gitLog, "utf8"))].toSorted(
      (a, b) => a.begin - b.begin
    )
  return { calls, forget }
}
