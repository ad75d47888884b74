import { Data, Effect, Predicate } from "effect"
import { explained } from "../domain/Explanation.ts"
import type { Frame } from "../report/Frame.ts"
import type { ReportView } from "../report/report/reportSchema.ts"
import { besideProgram, PartMissing } from "./besideProgram.ts"

/** The file of the build that draws the report's page is missing or broken. */
export class PageNotDrawn extends Data.TaggedError("PageNotDrawn")<{ readonly why: PartMissing }> {
  get what(): string {
    return `the report's page cannot be drawn: ${this.why.message}`
  }
  readonly next = "Install nightly-dispatch again, or use --format markdown, which needs no such file"
  override get message(): string {
    return explained(this)
  }
}

const failed = (why: PartMissing) => new PageNotDrawn({ why })

/**
 * What draws the report's page. Its libraries are larger than the program.
 *
 * @example
 * const page = yield* (yield* htmlRenderer)(view, frame)
 */
export const htmlRenderer = Effect.gen(function* () {
  const { call, file } = yield* besideProgram("report.cjs", "reportHtml")
  return (view: ReportView, frame: Frame) =>
    Effect.filterOrFail(
      call(view, frame),
      Predicate.isString,
      () => new PartMissing({ file, detail: "its page is no text" })
    ).pipe(Effect.mapError(failed))
}).pipe(Effect.mapError(failed))
