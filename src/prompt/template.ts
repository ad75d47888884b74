import { Context, Either, Record } from "effect"
import type { Issue } from "../domain/Issue.ts"
import { MAX_PROMPT_BYTES } from "../domain/PromptFile.ts"
import type { Repository } from "../domain/Repository.ts"
import { nearest } from "../domain/spelling.ts"
import { TemplateInvalid } from "../domain/TemplateInvalid.ts"
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
  /** With the remark of the bug's last retry. */
  earlier: 15 * 1024
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

/** What a template may depend on, besides the bug. */
export interface TemplateContext {
  readonly repository: Repository
  /** How many earlier attempts the prompt can tell of. */
  readonly earlier: number
}

/**
 * Makes the text of the template for one bug, within the rules and limits of a template's file. It gets none of the texts that others
 * wrote into the bug: these come in by `{{title}}` and `{{report}}`, which fence them. A pure function: the same input must give the
 * same text.
 */
export type TemplateFunction = (
  bug: Pick<Issue, "id" | "labels" | "priority" | "type">,
  context: TemplateContext
) => string

type Problem = (typeof TemplateInvalid.Type)["problems"][number]
type Part = Template["parts"][number]

const PATTERN = /\\?\{\{[ \t]*([A-Za-z][A-Za-z0-9_-]*)[ \t]*\}\}/g
const MAX_PROBLEMS = 10

const isPlaceholder = (name: string): name is Placeholder => Object.hasOwn(LONGEST, name)

const shown = (name: string): string => `{{${name}}}`

const notAlone = (name: string): string => `${shown(name)} stands for several lines, so it must be alone on its line`

const sizeOf = (part: Part): number => (typeof part === "string" ? byteLength(part) : LONGEST[part.placeholder])

const unknown = (name: string): string => {
  const meant = nearest(name, PLACEHOLDERS)
  const next = meant === undefined ? `there are ${PLACEHOLDERS.map(shown).join(", ")}` : `did you mean ${shown(meant)}?`
  const text = oneLine(name, 40)
  return `${shown(text)} is no placeholder; ${next} To write these characters themselves: \\${shown(text)}`
}

/** The line that holds the part from `start` to `end` of a text, if nothing but white space is beside it. */
const lineAround = (text: string, start: number, end: number) => {
  const from = text.lastIndexOf("\n", start) + 1
  const newline = text.indexOf("\n", end)
  const to = newline < 0 ? text.length : newline
  return `${text.slice(from, start)}${text.slice(end, to)}`.trim() === "" ? { from, to } : undefined
}

const countLines = (text: string): number => text.split("\n").length - 1

/** The parts of a text, the lines with `{{report}}`, and what is wrong with single placeholders. */
const read = (text: string) => {
  const parts: Array<Part> = []
  const problems: Array<Problem> = []
  const reports: Array<number> = []
  let [end, line, counted] = [0, 1, 0]
  for (const { 0: whole, 1: name = "", index } of text.matchAll(PATTERN)) {
    if (problems.length >= MAX_PROBLEMS) break
    line += countLines(text.slice(counted, index))
    counted = index
    const isBlock = isPlaceholder(name) && BLOCKS.has(name)
    const around = isBlock ? lineAround(text, index, index + whole.length) : undefined
    parts.push(text.slice(end, around?.from ?? index))
    end = around?.to ?? index + whole.length
    if (whole.startsWith("\\")) parts.push(whole.slice(1))
    else if (!isPlaceholder(name)) problems.push({ line, message: unknown(name) })
    else if (isBlock && around === undefined) problems.push({ line, message: notAlone(name) })
    else parts.push({ placeholder: name })
    if (name === "report") reports.push(line)
  }
  parts.push(text.slice(end))
  return { parts, problems, reports }
}

/** What is wrong with a template as a whole. */
const problemsOf = (parts: ReadonlyArray<Part>, [first, second]: ReadonlyArray<number>): ReadonlyArray<Problem> => {
  if (first === undefined) return [{ message: "{{report}} is missing: without it the agent is not told of the bug" }]
  if (second !== undefined) return [{ line: second, message: `{{report}} is there already, on line ${first}` }]
  const over = parts.reduce((sum, part) => sum + sizeOf(part), 1) - MAX_PROMPT_BYTES
  if (over <= 0) return []
  const rest = `a prompt has ${MAX_PROMPT_BYTES / 1024} KiB, and ${LONGEST.report / 1024} of them are kept for {{report}}`
  return [{ message: `it may get ${Math.ceil(over / 1024)} KiB too long: ${rest}` }]
}

const isEarlier = (part: Part): boolean => typeof part !== "string" && part.placeholder === "earlier"

/**
 * Reads a template: any text with `{{report}}` on a line of its own, once, and other placeholders. `\{{id}}` stands for the
 * characters `{{id}}`. Fails with every problem of its placeholders. Without `{{earlier}}` the earlier attempts come at the end.
 *
 * @example
 * parseTemplate("Fix {{id}}.\n\n{{report}}\n")
 */
export const parseTemplate = (text: string, source = "template"): Either.Either<Template, TemplateInvalid> => {
  const { parts, problems, reports } = read(text.replace(/^\ufeff/, "").replace(/\r\n?/g, "\n"))
  if (!parts.some(isEarlier)) parts.push("\n", { placeholder: "earlier" }, "\n")
  const [first, ...others] = problems.length > 0 ? problems : problemsOf(parts, reports)
  return first === undefined
    ? Either.right({ parts })
    : Either.left(new TemplateInvalid({ source, problems: [first, ...others] }))
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
 * The template of all prompts, or a function that makes the one of each bug. Has a default, so it needs no layer; the layer of
 * `prompt.template` reads it from a file. Left: why it cannot be used. A run then dispatches nothing, but still settles what
 * earlier runs left. If a function throws for a bug, or returns no valid template, only that bug is skipped, as `prompt_refused`.
 *
 * @example
 * nightlyRun(options).pipe(Effect.provideService(PromptTemplate, parseTemplate("Fix {{id}}.\n\n{{report}}\n")))
 *
 * @example
 * // What the function needs is read once, by an effect.
 * const template = Layer.effect(
 *   PromptTemplate,
 *   Effect.map(Config.string("TEAM"), (team) =>
 *     Either.right<TemplateFunction>(({ labels }) =>
 *       `Fix {{id}} for ${team}${labels.includes("ui") ? ", with a screenshot" : ""}.\n\n{{report}}\n`
 *     )
 *   )
 * )
 * nightlyRun().pipe(Effect.provide(layer(settings, surroundings, { template })), Effect.provide(NodeContext.layer))
 */
export class PromptTemplate extends Context.Reference<PromptTemplate>()("nightly-dispatch/PromptTemplate", {
  defaultValue: (): Either.Either<Template | TemplateFunction, TemplateInvalid> => Either.right(ownTemplate)
}) {}
