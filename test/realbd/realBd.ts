import { Effect } from "effect"
import { execFile, execFileSync, spawnSync } from "node:child_process"
import * as fs from "node:fs"
import * as path from "node:path"
import { claimsAtomically, readVersion } from "../../src/beads/bd/capabilities.ts"
import { environmentOf } from "../../src/beads/bd/environment.ts"
import type { SeedIssue } from "../contract/beadsContract.ts"
import { rowOf } from "../beads/bd/bdWorld.ts"

const given = (name: string): string => {
  const value = process.env[name]
  if (value === undefined) throw new Error(`${name} is not set: start these tests with npm run test:bd -- /path/to/bd`)
  return value
}

/** The real bd under test. */
export const BD = given("REAL_BD")
/** A `.beads` directory with an empty database that it made. */
export const TEMPLATE = given("REAL_BD_TEMPLATE")

/** A release before the one under test whose database that one can migrate, and a `.beads` directory of it. */
export const OLDER =
  process.env["REAL_BD_OLDER"] === undefined
    ? undefined
    : { bd: process.env["REAL_BD_OLDER"], template: given("REAL_BD_OLDER_TEMPLATE") }

const numbers = readVersion(execFileSync(BD, ["version"], { encoding: "utf8" }))
if (numbers === undefined) throw new Error(`${BD} does not say its version`)
export const VERSION = numbers.join(".")
export const ATOMIC = claimsAtomically(numbers)
/** Whether a refused claim ends with another exit code than 0, which began with 0.57. */
export const HONEST_EXIT = numbers[0] > 0 || numbers[1] >= 57

const help = (command: string): string =>
  spawnSync(BD, [command, "--help"], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).stdout
const takesForce = (command: string): ReadonlyArray<string> => (/--force\b/.test(help(command)) ? ["--force"] : [])
const FORCE = { update: takesForce("update"), close: takesForce("close") }
const IMPORT = /--input\b/.test(help("import")) ? ["import", "--input"] : ["import"]
/** Whether bd itself can make sure, in the same step, that a claim it gives back is still the caller's. */
export const GUARDED = /--if-assignee\b/.test(help("update"))
/** Whether claims are leases. These releases also know `MIGRATION-FREEZE`, and let only the holder close an issue. */
export const LEASES = /\bbd heartbeat\b/.test(help("heartbeat"))

/** What an issue looks like in the real database. */
export interface Seen {
  readonly id: string
  readonly status: string
  readonly assignee?: string
  readonly closed_at?: string
}

export interface Said {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** What a command printed, and how it ended. */
export const finished = (
  command: string,
  args: ReadonlyArray<string>,
  env: NodeJS.ProcessEnv,
  cwd: string
): Effect.Effect<Said> =>
  Effect.async<Said>((resume) => {
    const child = execFile(
      command,
      args,
      { cwd, env, encoding: "utf8", maxBuffer: 1 << 26, timeout: 120_000 },
      (_, stdout, stderr) => resume(Effect.succeed({ code: child.exitCode ?? -1, stdout, stderr }))
    )
    child.stdin?.end()
  })

const rowsIn = (stdout: string): ReadonlyArray<Seen> => {
  const answer: unknown = JSON.parse(stdout)
  return Array.isArray(answer) ? answer : ((answer as { data?: ReadonlyArray<Seen> }).data ?? [])
}

/** A tracker in its own directory, worked on with bd itself and nothing of ours. */
export interface Tracker {
  readonly root: string
  /** Its `.beads` directory. */
  readonly dir: string
  readonly bd: (...args: ReadonlyArray<string>) => Effect.Effect<Said>
  /** Makes `who` the holder, whoever held it before. */
  readonly take: (id: string, who: string) => Effect.Effect<void>
  readonly close: (id: string) => Effect.Effect<void>
  readonly read: (id: string) => Effect.Effect<{ readonly status: string; readonly assignee: string | undefined }>
  /** Every issue, closed ones too. */
  readonly all: Effect.Effect<ReadonlyMap<string, Seen>>
  readonly comments: (id: string) => Effect.Effect<ReadonlyArray<string>>
}

/** The words that make `who` the holder of an issue, for a script. */
export const takeArguments = (id: string, who: string): ReadonlyArray<string> => [
  "--actor",
  who,
  "update",
  id,
  "--status",
  "in_progress",
  "--assignee",
  who,
  ...FORCE.update
]

const parentsMissingIn = (seed: ReadonlyArray<SeedIssue>): ReadonlyArray<string> => {
  const ids = new Set(seed.map(({ id }) => id))
  const parents = seed.flatMap(({ id }) => /^(.*)\.\d+$/.exec(id)?.[1] ?? [])
  return [...new Set(parents)].filter((id) => !ids.has(id))
}

/** A real tracker below `root` that holds these issues, as they are. */
export const tracker = (
  root: string,
  seed: ReadonlyArray<SeedIssue>,
  { bd: command, template } = { bd: BD, template: TEMPLATE }
): Effect.Effect<Tracker> =>
  Effect.gen(function* () {
    const dir = path.join(root, ".beads")
    fs.cpSync(template, dir, { recursive: true })
    const env = {
      ...process.env,
      ...environmentOf("write"),
      BEADS_DIR: dir
    }
    const bd: Tracker["bd"] = (...args) => finished(command, args, env, root)
    const must = (...args: ReadonlyArray<string>) =>
      Effect.flatMap(bd(...args), (said) =>
        said.code === 0
          ? Effect.succeed(said)
          : Effect.dieMessage(`bd ${args.join(" ")}: exit ${said.code}: ${said.stderr}${said.stdout}`)
      )
    const row = (id: string) =>
      Effect.map(bd("show", id, "--json"), ({ stdout }) =>
        (stdout.trim() === "" ? [] : rowsIn(stdout)).find((seen) => seen.id === id)
      )
    const mustBe = (id: string, status: string) =>
      Effect.flatMap(row(id), (seen) =>
        seen?.status === status ? Effect.void : Effect.dieMessage(`${id} should be ${status}: ${JSON.stringify(seen)}`)
      )

    const load = (issues: ReadonlyArray<SeedIssue>) =>
      Effect.suspend(() => {
        const file = path.join(root, "seed.jsonl")
        fs.writeFileSync(file, issues.map((issue) => `${JSON.stringify(rowOf(issue))}\n`).join(""))
        return bd(...IMPORT, file)
      })

    if (seed.length > 0) {
      const parents = parentsMissingIn(seed)
      const loaded = yield* load(seed)
      if (loaded.code !== 0) {
        // Some versions take no child without its parent, though it is what is left when the parent is deleted.
        if (parents.length === 0) return yield* Effect.dieMessage(`the seed is refused: ${loaded.stderr}`)
        const again = yield* load([...parents.map((id) => ({ id, title: `parent ${id}`, priority: 4 })), ...seed])
        if (again.code !== 0) return yield* Effect.dieMessage(`the seed is refused: ${again.stderr}`)
        for (const parent of parents) yield* must("delete", parent, "--force")
      }
    }
    return {
      root,
      dir,
      bd,
      take: (id, who) => Effect.zipRight(must(...takeArguments(id, who)), mustBe(id, "in_progress")),
      close: (id) =>
        Effect.zipRight(
          must("--actor", "alice", "close", id, "--reason", "done elsewhere", ...FORCE.close),
          mustBe(id, "closed")
        ),
      read: (id) => Effect.map(row(id), (seen) => ({ status: seen?.status ?? "missing", assignee: seen?.assignee })),
      all: Effect.map(
        must("list", "--all", "--limit", "0", "--json"),
        ({ stdout }) => new Map(rowsIn(stdout).map((seen) => [seen.id, seen]))
      ),
      comments: (id) =>
        Effect.map(must("comments", id, "--json"), ({ stdout }) =>
          (rowsIn(stdout) as ReadonlyArray<unknown> as ReadonlyArray<{ text: string }>).map(({ text }) => text)
        )
    }
  })
