import * as path from "node:path"
import { isAlive } from "../machine/processes.ts"
import type { RunnerEvent, TrackerEvent, TrackerIssue } from "../machine/toolLogs.ts"
import type { Evidence } from "./evidence.ts"

/** A rule that the machine a run leaves must keep. */
interface Invariant {
  readonly name: string
  /** It must hold right after the fault too. The other rules must hold once later runs have settled everything. */
  readonly always?: true
  /** What breaks it, each as a text. */
  readonly broken: (evidence: Evidence) => ReadonlyArray<string>
}

const bugOf = (promptFile: string): string => path.basename(promptFile, ".prompt")

const isOurs = ({ assignee }: TrackerIssue): boolean => assignee.startsWith("nightly-dispatch/")

const holderOf = ({ assignee, id, status }: TrackerIssue): string => `${id}: ${assignee} (${status})`

/** The claims or releases that the tracker applied while another actor held the bug. */
const againstHolder = (changes: ReadonlyArray<TrackerEvent>, wanted: "claim" | "release"): ReadonlyArray<string> => {
  const found: Array<string> = []
  const holders = new Map<string, string>()
  for (const { action, actor, done, id } of changes) {
    if (action === "reclaim") holders.delete(id)
    if (!done || (action !== "claim" && action !== "release")) continue
    const holder = holders.get(id)
    if (action === wanted && holder !== undefined && holder !== actor) found.push(`${id}: ${actor}, held by ${holder}`)
    if (action === "claim") holders.set(id, actor)
    else holders.delete(id)
  }
  return found
}

/** The starts of a job while an earlier job of the same bug ran. */
const overlaps = (events: ReadonlyArray<RunnerEvent>): ReadonlyArray<string> => {
  const found: Array<string> = []
  const open = new Map<string, number>()
  for (const { beads, kind, pid } of events) {
    const earlier = open.get(beads)
    if (kind === "start") {
      if (earlier !== undefined && isAlive(earlier)) found.push(`${beads} while its job ${earlier} ran`)
      open.set(beads, pid)
    } else if (earlier === pid) open.delete(beads)
  }
  return found
}

export const INVARIANTS: ReadonlyArray<Invariant> = [
  {
    name: "at most one live job per bug",
    always: true,
    broken: ({ running }) => running.filter((id, at) => running.indexOf(id) !== at)
  },
  {
    name: "no job starts while another job of its bug runs",
    always: true,
    broken: ({ events }) => overlaps(events)
  },
  {
    name: "no claim is taken from another actor",
    always: true,
    broken: ({ changes }) => againstHolder(changes, "claim")
  },
  {
    name: "no claim of another actor is released",
    always: true,
    broken: ({ changes }) => againstHolder(changes, "release")
  },
  {
    name: "work that waits for a person stays",
    always: true,
    broken: ({ kept, worktrees }) =>
      kept.filter((id) => !worktrees.some((worktree) => worktree.id === id && worktree.work))
  },
  {
    name: "only our user can read prompt files",
    always: true,
    broken: ({ prompts }) => prompts.flatMap(({ file, modes }) => (modes === "700 600" ? [] : [`${file}: ${modes}`]))
  },
  {
    name: "no claim without a job",
    broken: (evidence) =>
      evidence.issues.filter((issue) => isOurs(issue) && !evidence.running.includes(issue.id)).map(holderOf)
  },
  {
    name: "no job without a claim",
    broken: ({ issues, running }) =>
      issues.filter((issue) => !isOurs(issue) && running.includes(issue.id)).map(holderOf)
  },
  {
    name: "no prompt file without a job, and one for each job",
    broken: (evidence) =>
      evidence.prompts.flatMap(({ file }, at) => {
        const first = evidence.prompts.findIndex((prompt) => bugOf(prompt.file) === bugOf(file))
        return evidence.running.includes(bugOf(file)) && first === at ? [] : [file]
      })
  },
  {
    name: "no temporary files of a job without an open attempt or a job",
    // After the loss of a state directory a job of it may run that no journal knows.
    broken: ({ attempts, running, temporary }) => temporary.slice(Math.max(attempts.length, running.length))
  },
  {
    name: "no worktree without a job or work",
    broken: (evidence) =>
      evidence.worktrees.flatMap(({ id, work }) => (work || evidence.running.includes(id) ? [] : [id]))
  },
  {
    name: "no attempt is left open without a job",
    broken: ({ attempts, running }) =>
      attempts
        .filter(({ beads, phase }) => phase !== "acknowledged" || !running.includes(beads))
        .map(({ beads, phase }) => `${beads} ${phase}`)
  }
]

const brokenBy = (evidence: Evidence, rules: ReadonlyArray<Invariant>): ReadonlyArray<string> =>
  rules.flatMap(({ broken, name }) => broken(evidence).map((what) => `${name}: ${what}`))

/** What breaks the rules, each as `rule: text`. */
export const violations = (evidence: Evidence): ReadonlyArray<string> => brokenBy(evidence, INVARIANTS)

/** What breaks the rules that hold at every moment. */
export const violationsAlways = (evidence: Evidence): ReadonlyArray<string> =>
  brokenBy(
    evidence,
    INVARIANTS.filter(({ always }) => always === true)
  )
