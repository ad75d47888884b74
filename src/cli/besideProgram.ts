import { Data, Effect, Predicate } from "effect"
import { createRequire } from "node:module"
import * as path from "node:path"
import { messageOf } from "../exec/causes.ts"
import { ThisProcess } from "../surroundings.ts"

/** A file of the build is missing, broken, or of another build. */
export class PartMissing extends Data.TaggedError("PartMissing")<{ readonly file: string; readonly detail: string }> {
  override get message(): string {
    return `${this.file} is missing or broken: ${this.detail}. Install nightly-dispatch again`
  }
}

/**
 * A function of a file that lies beside the program. Its libraries are large and only some commands need them, so nothing else reads
 * that file.
 *
 * @example
 * const page = yield* (yield* besideProgram("report.cjs", "reportHtml")).call(view, frame)
 */
export const besideProgram = Effect.fn("cli.besideProgram")(function* (name: string, exported: string) {
  const { program } = yield* ThisProcess
  const file = path.join(path.dirname(program), name)
  const failed = (cause: unknown) => new PartMissing({ file, detail: messageOf(cause) })
  const loaded = yield* Effect.try({ try: (): unknown => createRequire(file)(file), catch: failed })
  const found: unknown = Predicate.hasProperty(loaded, exported) ? loaded[exported] : undefined
  if (!Predicate.isFunction(found)) return yield* failed(`it exports no ${exported}`)
  const call = (...args: ReadonlyArray<unknown>) =>
    Effect.try({ try: (): unknown => Reflect.apply(found, undefined, args), catch: failed })
  return { file, call }
})
