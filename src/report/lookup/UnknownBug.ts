import { Data } from "effect"
import type { BeadsId } from "../../domain/Ids.ts"

/** Neither the tracker nor the journal has this bug, as far as they can be read. */
export class UnknownBug extends Data.TaggedError("UnknownBug")<{
  readonly id: BeadsId
  /** The ids that may be meant, the most similar first. */
  readonly near: ReadonlyArray<string>
  /** What could not be read: one sentence each. */
  readonly why: ReadonlyArray<string>
}> {
  override get message(): string {
    const near = this.near.length === 0 ? "" : ` Near: ${this.near.join(", ")}.`
    return this.why.length === 0
      ? `no bug ${this.id} in the tracker and none in the journal.${near}`
      : `no bug ${this.id} was found, and not everything could be read. ${this.why.join(". ")}.${near}`
  }
}
