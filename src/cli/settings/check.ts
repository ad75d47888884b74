import { Array as Arr, Effect, Either, Order, Schema } from "effect"
import { readTemplate } from "../../prompt/templateFile.ts"
import { beside, heading } from "../../report/text/blocks.ts"
import { padTo, widthOf, wrapTo } from "../../report/text/display.ts"
import { widthIn, type Frame } from "../../report/Frame.ts"
import { requireKnownProviders } from "../../settings/knownProviders.ts"
import type { LoadedSettings } from "../../settings/load.ts"
import { Problem } from "../../settings/problems.ts"

/** What `config check --json` prints. */
export const CheckedSettings = Schema.Struct({
  /** Whether every command can use the settings. */
  ok: Schema.Boolean,
  /** The settings file that was read; `null` if there is none. */
  file: Schema.NullOr(Schema.String),
  /** The variables that were read. */
  variables: Schema.Array(Schema.String),
  problems: Schema.Array(Problem)
})
export type CheckedSettings = typeof CheckedSettings.Type

/** What is wrong with the template that the settings name. */
const problemsOfTemplate = Effect.fn("config.check.template")(function* (file: string) {
  const read = yield* Effect.either(readTemplate(file))
  if (Either.isRight(read)) return []
  const { problems, source } = read.left
  return problems.map(({ line, message }): Problem => ({
    path: "prompt.template",
    message,
    source: `file ${source}`,
    line
  }))
})

/** The problems of settings that could be loaded, which a run would meet at its start. `dxRunner`: the command of dx-runner. */
export const problemsInUse = Effect.fn("config.check.inUse")(function* (
  loaded: LoadedSettings,
  dxRunner: string | undefined
) {
  const providers = yield* Effect.either(requireKnownProviders(loaded, dxRunner))
  const { template } = loaded.settings.prompt
  return [
    ...(Either.isLeft(providers) ? providers.left.problems : []),
    ...(template === undefined ? [] : yield* problemsOfTemplate(template))
  ]
})

const byPlace = Order.combine(
  Order.mapInput(Order.number, ({ line = 0 }: Problem) => line),
  Order.mapInput(Order.number, ({ column = 0 }: Problem) => column)
)

const position = ({ column, line }: Problem): string => [line, column].filter((part) => part !== undefined).join(":")

/** The problems of one place, one below the other. */
const block = (frame: Frame, source: string, problems: ReadonlyArray<Problem>): ReadonlyArray<string> => {
  const sorted = Arr.sort(problems, byPlace)
  const columns = [position, ({ path }: Problem) => path].map((cell) => ({
    cell,
    width: Math.max(...sorted.map((problem) => widthOf(cell(problem))))
  }))
  const label = (problem: Problem): string =>
    columns.map(({ cell, width }) => (width === 0 ? "" : `  ${padTo(width, cell(problem))}`)).join("")
  return [
    heading(frame, source.replace(/^file /, "")),
    ...sorted.flatMap((problem) => beside(frame, `${label(problem)}  `, problem.message))
  ]
}

const fine = ({ file, variables }: CheckedSettings): string => {
  const read = [...(file === null ? [] : [file]), ...variables]
  return read.length === 0
    ? "fine: there is no settings file and no variable, so every setting has its default"
    : `fine: read ${read.join(", ")}`
}

/**
 * The problems with line, column and key, below the place where they are; or what was read.
 *
 * @example
 * checkText(frame, { ok: true, file: "/srv/nightly-dispatch.yaml", variables: [], problems: [] })
 */
export const checkText = (frame: Frame, checked: CheckedSettings): string => {
  const { problems } = checked
  if (problems.length === 0) return wrapTo(widthIn(frame), fine(checked)).join("\n")
  const places = Arr.sort(
    Object.entries(Arr.groupBy(problems, ({ source }) => source)),
    Order.mapInput(Order.boolean, ([source]: readonly [string, unknown]) => !source.startsWith("file "))
  )
  return [
    ...places.flatMap(([source, group]) => block(frame, source, group)),
    problems.length === 1 ? "1 problem" : `${problems.length} problems`
  ].join("\n")
}
