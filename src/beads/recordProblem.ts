import { Array as Arr, Option, Predicate, SchemaAST, type ParseResult } from "effect"

/** A value as far as it is short: a list or a record may nest deeper than the stack. */
const shown = (value: unknown): string => {
  if (Predicate.isString(value)) return JSON.stringify(value.slice(0, 40))
  return Predicate.isObject(value) ? (Array.isArray(value) ? "a list" : "a record") : String(value)
}

const messageOf = (issue: ParseResult.Type | ParseResult.Refinement): string => {
  const own = Option.map(SchemaAST.getMessageAnnotation(issue.ast), (message) => message(issue))
  return Option.getOrElse(
    Option.filter(own, Predicate.isString),
    () =>
      (issue._tag === "Type" ? issue.message : undefined) ??
      `expected ${String(issue.ast)}, actual ${shown(issue.actual)}`
  )
}

/**
 * The first problem of a record that a schema refused, with its place: `labels.0: expected string, actual 7`. Effect's own
 * formatters print every value whole.
 */
export const recordProblem = (error: ParseResult.ParseError): string => {
  const path: Array<string> = []
  const at = (message: string) => [...path, message].join(": ")
  let issue = error.issue
  for (;;) {
    switch (issue._tag) {
      case "Pointer":
        path.push(...Arr.ensure(issue.path).map(String))
        issue = issue.issue
        break
      case "Composite": {
        const [first] = Arr.ensure(issue.issues)
        if (first === undefined) return at("is not valid")
        issue = first
        break
      }
      case "Transformation":
        issue = issue.issue
        break
      case "Refinement":
        if (issue.kind === "Predicate") return at(messageOf(issue))
        issue = issue.issue
        break
      case "Type":
        return at(messageOf(issue))
      case "Missing":
        return at("is missing")
      default:
        return at("is not expected")
    }
  }
}
