import { Effect } from "effect"
import * as fs from "node:fs/promises"
import type { ProcessIdentity } from "../domain/ProcessIdentity.ts"
import { membersOfCgroup } from "./cgroups.ts"
import type { JobTraits } from "./jobTraits.ts"
import { findProcess, type Host } from "./liveness.ts"
import type { ProcessRow } from "./processTable.ts"

/** A process of a job. */
export interface Member {
  readonly row: ProcessRow
  /** Whose process group it is in. */
  readonly group: "launcher" | "starter" | "other"
  /** It is the launcher or the starter itself. */
  readonly root: boolean
  /** Whether its working directory is the worktree or below. `undefined`: that cannot be read. */
  readonly inWorktree: boolean | undefined
}

/** `unseen`: the launcher or the starter, of which nothing is known here; its pid may be another process's here. */
export interface Doubt {
  readonly pid: number
  readonly why: "unseen" | "unmarked"
}

/** The processes of a job, and those that may be its own. */
export interface JobSet {
  readonly members: ReadonlyArray<Member>
  readonly doubtful: ReadonlyArray<Doubt>
}

/** The launcher or the starter, as it is now. */
interface Root {
  readonly name: "launcher" | "starter"
  /** Its pid if it lives; `undefined` otherwise. */
  readonly pid: number | undefined
  /** The number of its group. */
  readonly group: number | undefined
  /** It may live where we cannot see it. */
  readonly unseen: ProcessIdentity | undefined
}

/** A dead leader's group keeps its number while it has members, but later the number may become another group's. */
const rootOf = Effect.fnUntraced(function* (host: Host, name: Root["name"], process: ProcessIdentity | undefined) {
  if (process === undefined) return { name, pid: undefined, group: undefined, unseen: undefined } satisfies Root
  const { here, liveness, row } = yield* findProcess(host, process)
  const unseen = liveness === "unknown" ? process : undefined
  return { name, pid: row?.pid, group: row?.group ?? (here ? process.pid : undefined), unseen } satisfies Root
})

/** These processes and all their descendants. */
export const withDescendants = (rows: ReadonlyArray<ProcessRow>, pids: ReadonlyArray<number>): ReadonlySet<number> => {
  const children = new Map<number, Array<number>>()
  for (const { parent, pid } of rows) {
    const known = children.get(parent)
    if (known === undefined) children.set(parent, [pid])
    else known.push(pid)
  }
  const found = new Set(pids)
  // The iteration of a set also visits what is added meanwhile.
  for (const pid of found) for (const child of children.get(pid) ?? []) found.add(child)
  return found
}

/** The running processes but our own and its ancestors: an agent may have called this program. */
const othersIn = (rows: ReadonlyArray<ProcessRow>): ReadonlyArray<ProcessRow> => {
  const parents = new Map(rows.map(({ parent, pid }) => [pid, parent]))
  const ours = new Set<number>()
  for (let pid = process.pid; pid > 1 && !ours.has(pid); pid = parents.get(pid) ?? 0) ours.add(pid)
  return rows.filter(({ pid, zombie }) => !zombie && pid > 1 && !ours.has(pid))
}

/** Whether the directory is the worktree or below. Linux marks a removed directory. */
const isInside = (directory: string | undefined, worktree: string | undefined): boolean | undefined => {
  if (worktree === undefined || directory === undefined) return undefined
  return `${directory.replace(/ \(deleted\)$/, "")}/`.startsWith(worktree.replace(/\/*$/, "/"))
}

/** Says of each of these whether it works in the worktree. */
const places = Effect.fnUntraced(function* (
  { table }: Host,
  worktree: string | undefined,
  rows: ReadonlyArray<ProcessRow>
) {
  const directories = yield* table.directories(rows.map(({ pid }) => pid))
  const real =
    worktree === undefined ? undefined : yield* Effect.promise(() => fs.realpath(worktree).catch(() => worktree))
  return ({ pid }: ProcessRow) => isInside(directories.get(pid), real)
})

const look = Effect.fnUntraced(function* (host: Host, traits: JobTraits) {
  const { attempt, cgroup, launcher, starter, worktree } = traits
  const seen = host.seen.of(traits)
  const roots = [yield* rootOf(host, "launcher", launcher), yield* rootOf(host, "starter", starter)]
  const rows = othersIn(yield* host.table.rows)
  const attempts = attempt === undefined ? new Map<number, string>() : yield* host.table.attempts
  const pids = rows.map(({ pid }) => pid)
  const confined = new Set(cgroup === undefined ? [] : yield* membersOfCgroup(cgroup, pids))
  const groupOf = ({ group }: ProcessRow) => roots.find((root) => root.group === group && group > 1)
  const isOwn = (row: ProcessRow) =>
    (attempt !== undefined && attempts.get(row.pid) === attempt) ||
    confined.has(row.pid) ||
    seen.get(row.pid) === row.startedAt ||
    groupOf(row)?.pid !== undefined
  const own = withDescendants(
    rows,
    rows.filter(isOwn).map(({ pid }) => pid)
  )
  const members = rows.filter(({ pid }) => own.has(pid))
  host.seen.note(traits, members)
  const strays = rows.filter(
    (row) => !own.has(row.pid) && groupOf(row) !== undefined && (attempts.get(row.pid) ?? "") === ""
  )
  const inWorktree = yield* places(host, worktree, [...members, ...strays])
  return {
    members: members.map((row): Member => ({
      row,
      group: groupOf(row)?.name ?? "other",
      root: roots.some(({ pid }) => pid === row.pid),
      inWorktree: inWorktree(row)
    })),
    doubtful: [
      ...roots.flatMap(({ unseen }) => (unseen === undefined ? [] : [{ pid: unseen.pid, why: "unseen" as const }])),
      ...strays.filter((row) => inWorktree(row) !== false).map(({ pid }) => ({ pid, why: "unmarked" as const }))
    ]
  } satisfies JobSet
})

/** A process shows no environment while it is being executed, and while it ends. */
const SETTLING = "50 millis"

/** Finds the processes of a job: those that its traits name, and those that were found before. */
export const jobSet = Effect.fn("jobSet")(function* (host: Host, traits: JobTraits) {
  const found = yield* look(host, traits)
  return found.doubtful.length === 0 ? found : yield* Effect.delay(look(host, traits), SETTLING)
})
