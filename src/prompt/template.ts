import { Context, Either, Record, Schema } from "effect"
import { MAX_PROMPT_BYTES } from "../domain/PromptFile.ts"
import { nearest } from "../domain/spelling.ts"
import { oneLine } from "../domain/Text.ts"
import { byteLength } from "./untrusted.ts"

/** What a template may name, each with the most bytes that stand in its place. `report` gets what is left, and at least this. */
const LONGEST = {
  id: 200,
  title: 800,
  priority: 2,
  repository: 1200,
  worktree: 4000,
  branch: 1200,
  rules: 4096,
  report: 24 * 1024,
  earlier: 10 * 1024
}

/** What stands between `{{` and `}}`. */
export type Placeholder = keyof typeof LONGEST

/** All placeholders. */
export const PLACEHOLDERS: ReadonlyArray<Placeholder> = Record.keys(LONGEST)

/** Those that stand for several lines. */
const BLOCKS: ReadonlySet<Placeholder> = new Set(["rules", "report", "earlier"])

/** The text of a prompt around the bug's report. Only `parseTemplate` makes one. */
export interface Template {
  /** Text as it is, and placeholders. */
  readonly parts: ReadonlyArray<string | { readonly placeholder: Placeholder }>
}

/** The template cannot be used. */
export class TemplateInvalid extends Schema.TaggedError<TemplateInvalid>()("TemplateInvalid", {
  /** The file's path, or another name of the text. */
  source: Schema.String,
  problems: Schema.NonEmptyArray(Schema.Struct({ line: Schema.optional(Schema.Int), message: Schema.String }))
}) {
  override get message(): string {
    return this.problems
      .map(
        ({ line, message }) =>
          `prompt.template: ${message} (${oneLine(this.source)}${line === undefined ? "" : `:${line}`})`
      )
      .join("; ")
  }
}

type Problem = (typeof TemplateInvalid.Type)["problems"][number]
type Part = Template["parts"][number]

const PATTERN = /\\?\{\{[ \t]*([A-Za-z][A-Za-z0-9_-]*)[ \t]*\}\}/g
const MAX_PROBLEMS = 10

const isPlaceholder = (name: string): name is Placeholder => Object.hasOwn(LONGEST, name)

const shown = (name: string): string => `{{${name}}}`

const unknown = (name: string): string => {
  const meant = nearest(name, PLACEHOLDERS)
  const next = meant === undefined ? `there are ${PLACEHOLDERS.map(shown).join(", ")}` : `did you mean ${shown(meant)}?`
  const text = oneLine(name, 40)
  return `${shown(text)} is no placeholder; ${next} To write these characters themselves: \\${shown(text)}`
}

/** The parts of one line, and its problems. */
const partsOf = (line: string): { readonly parts: ReadonlyArray<Part>; readonly problems: ReadonlyArray<string> } => {
  const parts: Array<Part> = []
  const problems: Array<string> = []
  const content = line.trim()
  let end = 0
  for (const match of line.matchAll(PATTERN)) {
    const [whole, name = ""] = match
    if (problems.length >= MAX_PROBLEMS) break
    parts.push(line.slice(end, match.index))
    end = match.index + whole.length
    if (whole.startsWith("\\")) parts.push(whole.slice(1))
    else if (!isPlaceholder(name)) problems.push(unknown(name))
    else if (!BLOCKS.has(name)) parts.push({ placeholder: name })
    else if (content === whole) return { parts: [{ placeholder: name }], problems }
    else problems.push(`${shown(name)} stands for several lines, so it must be alone on its line`)
  }
  return { parts: [...parts, line.slice(end)], problems }
}

const isReport = (part: Part): boolean => typeof part !== "string" && part.placeholder === "report"
const isEarlier = (part: Part): boolean => typeof part !== "string" && part.placeholder === "earlier"

const sizeOf = (part: Part): number => (typeof part === "string" ? byteLength(part) : LONGEST[part.placeholder])

/** What is wrong with the template as a whole, if each of its lines is right. */
const problemsOf = (lines: ReadonlyArray<ReadonlyArray<Part>>): ReadonlyArray<Problem> => {
  const [first, second] = lines.flatMap((parts, index) => (parts.some(isReport) ? [index + 1] : []))
  if (first === undefined) return [{ message: "{{report}} is missing: without it the agent is not told of the bug" }]
  if (second !== undefined) return [{ line: second, message: `{{report}} is there already, on line ${first}` }]
  const over = lines.flat().reduce((sum, part) => sum + sizeOf(part) + 1, 0) - MAX_PROMPT_BYTES
  if (over <= 0) return []
  const rest = `a prompt has ${MAX_PROMPT_BYTES / 1024} KiB, and ${LONGEST.report / 1024} of them are kept for {{report}}`
  return [{ message: `it may get ${Math.ceil(over / 1024)} KiB too long: ${rest}` }]
}

/**
 * Reads a template: any text with `{{report}}` on a line of its own, once, and other placeholders. `\{{id}}` stands for the
 * characters `{{id}}`. Fails with every problem of its lines. Without `{{earlier}}` the earlier attempts come at the end.
 *
 * @example
 * parseTemplate("Fix {{id}}.\n\n{{report}}\n")
 */
export const parseTemplate = (text: string, source = "template"): Either.Either<Template, TemplateInvalid> => {
  const whole = text.replace(/^\ufeff/, "").replace(/\r\n?/g, "\n")
  const lines: Array<ReadonlyArray<Part>> = []
  const problems: Array<Problem> = []
  for (const [index, line] of whole.split("\n").entries()) {
    const read = partsOf(line)
    lines.push(read.parts)
    problems.push(...read.problems.map((message) => ({ line: index + 1, message })))
    if (problems.length >= MAX_PROBLEMS) break
  }
  if (problems.length === 0 && !lines.flat().some(isEarlier)) lines.push([{ placeholder: "earlier" }], [""])
  const [first, ...others] = problems.length > 0 ? problems : problemsOf(lines)
  if (first !== undefined) return Either.left(new TemplateInvalid({ source, problems: [first, ...others] }))
  return Either.right({ parts: lines.flatMap((parts, index) => (index === 0 ? parts : ["\n", parts].flat())) })
}

/** Our own template. */
export const ownTemplate: Template = Either.getOrThrow(
  parseTemplate(`You are fixing one bug in {{repository}}, unattended.

Issue:      {{id}} ({{priority}})
Repository: {{repository}}
Worktree:   {{worktree}}
Branch:     {{branch}}

{{rules}}

{{report}}

{{earlier}}
`)
)

/**
 * The template of all prompts. Has a default, so it needs no layer; the layer of `prompt.template` reads it from a file. Left: why
 * it cannot be used. A run then dispatches nothing, but still settles what earlier runs left.
 *
 * @example
 * nightlyRun(options).pipe(Effect.provideService(PromptTemplate, parseTemplate("Fix {{id}}.\n\n{{report}}\n")))
 */
export class PromptTemplate extends Context.Reference<PromptTemplate>()("nightly-dispatch/PromptTemplate", {
  defaultValue: (): Either.Either<Template, TemplateInvalid> => Either.right(ownTemplate)
}) {}
