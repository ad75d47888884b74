import type * as HelpDoc from "@effect/cli/HelpDoc"
import type * as Span from "@effect/cli/HelpDoc/Span"

const TYPES =
  /^(?:A true or false value|A user-defined piece of text|An integer|A (?:file|path|directory)|One of the following: .*)\.?$/
const REMARKS =
  /^This (?:setting is optional|option may be repeated zero or more times|argument may be repeated .*)\.?$/

const spanText = (span: Span.Span): string => {
  switch (span._tag) {
    case "Text":
    case "URI":
      return span.value
    case "Sequence":
      return spanText(span.left) + spanText(span.right)
    case "Highlight":
    case "Strong":
    case "Weak":
      return spanText(span.value)
  }
}

/** The lines of a document. The parser's own printer takes ten times as long, and every command line waits for this. */
const linesOf = (doc: HelpDoc.HelpDoc): ReadonlyArray<string> => {
  switch (doc._tag) {
    case "Empty":
      return []
    case "Header":
    case "Paragraph":
      return spanText(doc.value).split("\n")
    case "Sequence":
      return [...linesOf(doc.left), ...linesOf(doc.right)]
    case "Enumeration":
      return doc.elements.flatMap(linesOf)
    case "DescriptionList":
      return doc.definitions.flatMap(([names, text]) => [spanText(names), ...linesOf(text)])
  }
}

/** The texts of a document, without what the parser says of types. */
export const textsOf = (doc: HelpDoc.HelpDoc): ReadonlyArray<string> =>
  linesOf(doc)
    .map((line) => line.trim())
    .filter((line) => line !== "" && !TYPES.test(line) && !REMARKS.test(line))

export interface Definition {
  readonly names: ReadonlyArray<string>
  readonly text: string
  readonly isInteger: boolean
}

/** What is said of each option and argument. */
export const definitionsOf = (doc: HelpDoc.HelpDoc): ReadonlyArray<Definition> => {
  if (doc._tag === "Sequence") return [...definitionsOf(doc.left), ...definitionsOf(doc.right)]
  if (doc._tag !== "DescriptionList") return []
  return doc.definitions.map(([names, text]) => ({
    names: spanText(names).split(/[\s,()]+/),
    text: textsOf(text).join(" "),
    isInteger: linesOf(text).some((line) => line.trim() === "An integer.")
  }))
}
