import { Effect } from "effect"
import { ProcessIdentity, type Liveness } from "../domain/ProcessIdentity.ts"
import type { ProcessRow, ProcessTable } from "./processTable.ts"
import type { SeenProcesses } from "./seenProcesses.ts"

/** The table that is asked, what it has shown of jobs so far, and the id of this machine. */
export interface Host {
  readonly table: ProcessTable
  readonly seen: SeenProcesses
  /** `undefined` if the machine has none. */
  readonly machine: Effect.Effect<string | undefined>
}

/** Who has this pid now; `undefined` if no process has it, or only a zombie. */
export const identify = Effect.fn("Exec.identify")(function* ({ machine, table }: Host, pid: number) {
  const row = yield* table.row(pid)
  if (row === undefined || row.zombie || pid <= 1) return undefined
  const [boot, namespace, here] = yield* Effect.all([table.boot, table.namespace, machine])
  return ProcessIdentity.make({ pid, startedAt: row.startedAt, boot, namespace, machine: here })
})

/** What is known of a process that was recorded. */
export interface Found {
  readonly liveness: Liveness
  /** Its row; `undefined` unless it is alive. */
  readonly row: ProcessRow | undefined
  /** Whether its pid means here what it meant there: the same machine, boot and pid namespace, as far as is recorded. */
  readonly here: boolean
}

const look = Effect.fnUntraced(function* ({ machine, table }: Host, process: ProcessIdentity) {
  const [boot, ours] = yield* Effect.all([table.boot, machine])
  const known = process.machine !== undefined && ours !== undefined
  const elsewhere: Found = { liveness: "unknown", row: undefined, here: false }
  if (known && process.machine !== ours) return elsewhere
  // The processes of an earlier boot have ended, but the boot may be another machine's on a shared file system.
  if (process.boot !== boot) return known ? { ...elsewhere, liveness: "dead" as const } : elsewhere
  if (process.namespace !== undefined && process.namespace !== (yield* table.namespace)) return elsewhere
  const row = yield* table.row(process.pid)
  const alive = row !== undefined && !row.zombie && row.startedAt === process.startedAt
  return { liveness: alive ? "alive" : "dead", row: alive ? row : undefined, here: true } satisfies Found
})

/**
 * Whether a recorded process runs. The one place that decides it.
 *
 * `dead`: no process of our pid namespace and boot has its pid and start time, or this machine has booted since. `unknown`:
 * it is of another namespace or machine, of another boot of a machine without a known id, or the table cannot be read. A
 * record without a namespace (of an earlier version) counts as of ours.
 */
export const findProcess = (host: Host, process: ProcessIdentity): Effect.Effect<Found> =>
  Effect.orElseSucceed(look(host, process), () => ({ liveness: "unknown", row: undefined, here: false }) as const)
