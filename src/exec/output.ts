import type { Effect } from "effect"

export const DEFAULT_MAX_OUTPUT = 8 * 1024 * 1024

/** Where the two streams of one command go, and what they hold. */
export interface Output {
  /** File descriptors for the child. */
  readonly stdout: number
  readonly stderr: number
  /** Closes our copies of what the child writes to. Call it once the child has its own. */
  readonly handedOver: Effect.Effect<void>
  /** Takes what the command has written until its exit. Returns whether a stream holds more than the limit. */
  readonly complete: Effect.Effect<boolean>
  /** What the streams hold so far, as UTF-8, each up to the limit. */
  readonly text: Effect.Effect<{ readonly stdout: string; readonly stderr: string }>
}
