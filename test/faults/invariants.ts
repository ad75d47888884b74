import * as fs from "node:fs"
import * as path from "node:path"
import { openAttempts, type OpenAttempt } from "./journalDump.ts"

/** A start or an end of an agent, as the fake runner wrote it down. */
export interface RunnerEvent {
  readonly kind: string
  readonly beads: string
  readonly pid: number
}

interface Issue {
  readonly id: string
  readonly status: string
  readonly assignee: string
}

/** A claim, a release or another change, as the fake bd wrote it down. */
interface TrackerEvent {
  readonly action: string
  readonly id: string
  readonly actor: string
  readonly done: boolean
}

/** What a machine is judged by. */
interface Evidence {
  readonly events: ReadonlyArray<RunnerEvent>
  /** Bugs whose agent lives, each as often as it does. */
  readonly running: ReadonlyArray<string>
  /** Bugs that may have an agent for all that anybody can know, see `cutInTwo`. */
  readonly untold: ReadonlyArray<string>
  /** Bugs with work that nobody has looked at yet. */
  readonly kept: ReadonlyArray<string>
  readonly issues: ReadonlyArray<Issue>
  readonly changes: ReadonlyArray<TrackerEvent>
  /** Prompt files, with the modes of their directories and their own in octal digits. */
  readonly prompts: ReadonlyArray<{ readonly file: string; readonly modes: string }>
  readonly worktrees: ReadonlyArray<{ readonly id: string; readonly work: boolean }>
  readonly attempts: ReadonlyArray<OpenAttempt>
}

export const lines = (file: string): ReadonlyArray<string> =>
  fs.existsSync(file)
    ? fs
        .readFileSync(file, "utf8")
        .split("\n")
        .filter((line) => line !== "")
    : []

export const alive = (pid: number): boolean => {
  try {
    return !/^State:\s+[ZX]/m.test(fs.readFileSync(`/proc/${pid}/status`, "utf8"))
  } catch {
    return false
  }
}

export const eventOf = (line: string): RunnerEvent => ({
  kind: line.split(" ")[1] ?? "",
  beads: /\bbeads=(\S+)/.exec(line)?.[1] ?? "",
  pid: Number(/\bpid=(\d+)/.exec(line)?.[1] ?? 0)
})

/** A rule, by what it finds against it. `always`: time does not heal it. */
interface Invariant {
  readonly name: string
  readonly always?: true
  readonly broken: (seen: Evidence) => ReadonlyArray<string>
}

/** Bugs that an agent works on, or may: what is made for one stays. */
const taken = ({ running, untold }: Evidence): ReadonlyArray<string> => [...running, ...untold]

const bugOf = (promptFile: string): string => path.basename(promptFile, ".prompt")

const isOurs = ({ assignee }: Issue): boolean => assignee.startsWith("nightly-dispatch/")

/** Changes that went through against somebody else's claim. */
const thefts = (changes: ReadonlyArray<TrackerEvent>, wanted: string): ReadonlyArray<string> => {
  const found: Array<string> = []
  const holders = new Map<string, string>()
  for (const { action, actor, done, id } of changes) {
    if (!done || (action !== "claim" && action !== "release")) continue
    const holder = holders.get(id)
    if (action === wanted && holder !== undefined && holder !== actor) found.push(`${id}: ${actor}, held by ${holder}`)
    if (action === "claim") holders.set(id, actor)
    else holders.delete(id)
  }
  return found
}

const overlaps = (events: ReadonlyArray<RunnerEvent>): ReadonlyArray<string> => {
  const found: Array<string> = []
  const open = new Map<string, number>()
  for (const { beads, kind, pid } of events) {
    const before = open.get(beads)
    if (kind === "start") {
      if (before !== undefined && alive(before)) found.push(`${beads} while its job ${before} ran`)
      open.set(beads, pid)
    } else if (before === pid) open.delete(beads)
  }
  return found
}

export const INVARIANTS: ReadonlyArray<Invariant> = [
  {
    name: "at most one live job per bug",
    always: true,
    broken: ({ running }) => running.filter((id, at) => running.indexOf(id) !== at)
  },
  { name: "no job is started beside a live one", always: true, broken: ({ events }) => overlaps(events) },
  { name: "no claim is taken from another", always: true, broken: ({ changes }) => thefts(changes, "claim") },
  { name: "no claim of another is given back", always: true, broken: ({ changes }) => thefts(changes, "release") },
  {
    name: "work that nobody has looked at stays",
    always: true,
    broken: ({ kept, worktrees }) => kept.filter((id) => !worktrees.some((one) => one.id === id && one.work))
  },
  {
    name: "prompt files are ours alone to read",
    always: true,
    broken: ({ prompts }) => prompts.flatMap(({ file, modes }) => (modes === "700 600" ? [] : [`${file}: ${modes}`]))
  },
  {
    name: "no claim without a job",
    broken: (seen) =>
      seen.issues
        .filter((issue) => isOurs(issue) && !taken(seen).includes(issue.id))
        .map(({ assignee, id, status }) => `${id}: ${assignee} (${status})`)
  },
  {
    name: "no job without a claim",
    broken: ({ issues, running }) =>
      issues
        .filter((issue) => !isOurs(issue) && running.includes(issue.id))
        .map(({ assignee, id, status }) => `${id}: ${assignee} (${status})`)
  },
  {
    name: "no prompt file without a job, and one for each",
    broken: (seen) =>
      seen.prompts.flatMap(({ file }, at) => {
        const first = seen.prompts.findIndex((one) => bugOf(one.file) === bugOf(file))
        return taken(seen).includes(bugOf(file)) && first === at ? [] : [file]
      })
  },
  {
    name: "no worktree without a job or work",
    broken: (seen) => seen.worktrees.flatMap(({ id, work }) => (work || taken(seen).includes(id) ? [] : [id]))
  },
  {
    name: "no attempt left open",
    broken: ({ attempts, running, untold }) =>
      attempts
        .filter(({ beads, phase }) =>
          phase === "acknowledged" ? !running.includes(beads) : phase !== "starting" || !untold.includes(beads)
        )
        .map(({ beads, phase }) => `${beads} ${phase}`)
  }
]

const modeOf = (file: string): string => (fs.statSync(file).mode & 0o777).toString(8)

/** Work is a file that the agents of some scenarios leave. */
const worktreesIn = (root: string): Evidence["worktrees"] =>
  fs.existsSync(root)
    ? fs.readdirSync(root).map((id) => ({ id, work: fs.existsSync(path.join(root, id, "repo", "work.txt")) }))
    : []

/**
 * Bugs whose start was cut in two, in the runner's own record and in the journal: it was ended before or after its launch,
 * with a job begun and no process noted. Whether an agent is at work then nobody can know, so the attempt stays open.
 */
export const cutInTwo = async (root: string): Promise<ReadonlyArray<string>> => {
  const runner = path.join(root, "dx")
  const files = fs.existsSync(runner) ? fs.readdirSync(runner, { recursive: true }).map(String) : []
  const begun = files.flatMap((file) => {
    const [, job, id = ""] = /^(.*\/([^/]+))\.meta$/.exec(file) ?? []
    return job === undefined || files.includes(`${job}.pid`) || files.includes(`${job}.outcome`) ? [] : [id]
  })
  const open = await openAttempts(root)
  return begun.filter((id) => open.some(({ beads, phase }) => beads === id && phase === "starting"))
}

/** What only the one who asks can tell. */
type Told = Pick<Evidence, "events" | "running" | "untold" | "kept">

const look = async (root: string, told: Told): Promise<Evidence> => {
  const state: { readonly issues: Readonly<Record<string, Partial<Issue>>> } = JSON.parse(
    fs.readFileSync(path.join(root, "beads/fake-bd.json"), "utf8")
  )
  return {
    ...told,
    issues: Object.entries(state.issues).map(([id, { assignee = "", status = "" }]) => ({ id, assignee, status })),
    changes: lines(path.join(root, "beads/fake-bd.log")).map((line) => JSON.parse(line)),
    prompts: fs
      .readdirSync(path.join(root, "tmp"), { recursive: true })
      .map((name) => path.join(root, "tmp", String(name)))
      .filter((file) => file.endsWith(".prompt"))
      .map((file) => ({ file, modes: `${modeOf(path.dirname(file))} ${modeOf(file)}` })),
    worktrees: worktreesIn(path.join(root, "tmp/agents")),
    attempts: await openAttempts(root)
  }
}

/** What is against the rules, as `rule: what`; with `always` only what nothing heals. */
export const violations = async ({
  root,
  ...told
}: Told & { readonly root: string }): Promise<ReadonlyArray<string>> => {
  const seen = await look(root, told)
  return INVARIANTS.flatMap(({ always, broken, name }) =>
    broken(seen).map((what) => `${always === true ? "never" : "at rest"}: ${name}: ${what}`)
  )
}
