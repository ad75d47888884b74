import { Schema } from "effect"

/**
 * Names one process, although the system may reuse its pid later: `startedAt` is the kernel's start time of the process within
 * the boot `boot`. A pid means something only in its pid namespace, and a boot only on its machine. Compare all as opaque
 * text.
 *
 * @example
 * Effect.flatMap(Exec, ({ identify }) => identify(4711)) // the process that has this pid now
 */
export class ProcessIdentity extends Schema.Class<ProcessIdentity>("ProcessIdentity")({
  pid: Schema.Int.pipe(Schema.greaterThan(1)),
  startedAt: Schema.String,
  boot: Schema.String,
  /** `undefined` in the records of earlier versions, and on a system without pid namespaces. */
  namespace: Schema.optional(Schema.String),
  /** The machine's id; `undefined` in the records of earlier versions, and on a machine without an id. */
  machine: Schema.optional(Schema.String)
}) {}

/** Whether a process runs. `unknown`: it cannot be told from here, so it may run. */
export type Liveness = "alive" | "dead" | "unknown"
