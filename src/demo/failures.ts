import { Data } from "effect"

/** The demo cannot run without git. */
export class GitMissing extends Data.TaggedError("GitMissing") {
  override readonly message = "the demo needs git, and there is none on PATH"
}

/** A step of the demo failed, or its result is not the expected one. */
export class DemoFailed extends Data.TaggedError("DemoFailed")<{ readonly detail: string }> {
  override get message(): string {
    return `demo: ${this.detail}`
  }
}

/** Maps any error to `DemoFailed`; `what` names the step. */
export const because =
  (what: string) =>
  (error: { readonly message: string }): DemoFailed =>
    new DemoFailed({ detail: `${what}: ${error.message}` })
