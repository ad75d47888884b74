import { Data, Effect, Predicate } from "effect"
import { createRequire } from "node:module"
import * as path from "node:path"
import type { Frame } from "../report/Frame.ts"
import { messageOf } from "../exec/causes.ts"
import type { ReportView } from "../report/report/reportSchema.ts"
import { ThisProcess } from "../surroundings.ts"

/** The file of the build that draws the report's page is missing or broken. */
export class PageNotDrawn extends Data.TaggedError("PageNotDrawn")<{
  readonly file: string
  readonly detail: string
}> {
  override get message(): string {
    return `the report's page cannot be drawn, because ${this.file} is missing or broken: ${this.detail}. Install nightly-dispatch again; --format markdown works without this file`
  }
}

/**
 * What draws the report's page. Its libraries are larger than the program, so they are in a file of their own beside it, which only
 * this reads. Fails if that file is missing or is no such module.
 *
 * @example
 * const page = yield* (yield* htmlRenderer)(view, frame)
 */
export const htmlRenderer = Effect.gen(function* () {
  const { program } = yield* ThisProcess
  const file = path.join(path.dirname(program), "report.cjs")
  const failed = (cause: unknown) => new PageNotDrawn({ file, detail: messageOf(cause) })
  const loaded = yield* Effect.try({ try: (): unknown => createRequire(file)(file), catch: failed })
  if (!Predicate.hasProperty(loaded, "reportHtml") || !Predicate.isFunction(loaded.reportHtml))
    return yield* failed("it exports no reportHtml")
  const { reportHtml } = loaded
  return (view: ReportView, frame: Frame) =>
    Effect.try({ try: (): unknown => reportHtml(view, frame), catch: failed }).pipe(
      Effect.filterOrFail(Predicate.isString, () => failed("its page is no text"))
    )
})
