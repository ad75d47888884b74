import { Either } from "effect"
import type { Issue } from "../domain/Issue.ts"
import { TemplateInvalid } from "../domain/TemplateInvalid.ts"
import { oneLine } from "../domain/Text.ts"
import { parseTemplate, type Template, type TemplateContext, type TemplateFunction } from "./template.ts"
import { byteLength } from "./untrusted.ts"

/** Bytes. */
export const MAX_SIZE = 64 * 1024

export const invalid = (source: string, message: string, line?: number): TemplateInvalid =>
  new TemplateInvalid({ source, problems: [{ message, ...(line === undefined ? {} : { line }) }] })

/** What is wrong with a text before its placeholders are read; `undefined` if nothing is. `what`: where it is from, in a word. */
const problemOf = (text: string, source: string, what: string): TemplateInvalid | undefined => {
  if (byteLength(text) > MAX_SIZE) return invalid(source, `the ${what} has more than ${MAX_SIZE / 1024} KiB`)
  if (text.trim() === "") return invalid(source, `the ${what} is empty`)
  const control = /[\u0000-\u0008\u000b\u000e-\u001f\u007f]/.exec(text)
  if (control === null) return undefined
  const line = text.slice(0, control.index).split("\n").length
  return invalid(source, `there is a control character, so the ${what} is no text`, line)
}

/** Reads a template like `parseTemplate`, within the limits of all templates. */
export const readText = (text: string, source: string, what: string): Either.Either<Template, TemplateInvalid> => {
  const problem = problemOf(text, source, what)
  return problem === undefined ? parseTemplate(text, source) : Either.left(problem)
}

/** The template of this bug. Left: what is wrong with the text that the function returned, or what it threw. */
export const templateFor = (
  template: Template | TemplateFunction,
  { id, labels, priority, type }: Issue,
  context: TemplateContext
): Either.Either<Template, TemplateInvalid> => {
  if (typeof template !== "function") return Either.right(template)
  const source = `the template made for ${id}`
  return Either.try({
    try: () => template({ id, labels, priority, type }, context),
    catch: (thrown) =>
      invalid(source, `the function failed: ${oneLine(thrown instanceof Error ? thrown.message : String(thrown))}`)
  }).pipe(Either.flatMap((text) => readText(text, source, "text")))
}
