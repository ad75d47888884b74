import { Data } from "effect"
import { explained } from "../domain/Explanation.ts"

/** The demo cannot run without git. */
export class GitMissing extends Data.TaggedError("GitMissing") {
  readonly what = "the demo needs git, and there is none on PATH"
  readonly next = "Install git"
  override readonly message = explained(this)
}

/** A step of the demo failed, or its result is not the expected one. */
export class DemoFailed extends Data.TaggedError("DemoFailed")<{ readonly detail: string }> {
  readonly where = "demo"
  get what(): string {
    return this.detail
  }
  override get message(): string {
    return explained(this)
  }
}

/** Maps any error to `DemoFailed`; `what` names the step. */
export const because =
  (what: string) =>
  (error: { readonly message: string }): DemoFailed =>
    new DemoFailed({ detail: `${what}: ${error.message}` })
