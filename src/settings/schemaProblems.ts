import { Array as Arr, ParseResult } from "effect"
import { nearest } from "../domain/spelling.ts"
import { EXPECTED_SPAN, spanAdvice } from "../domain/Span.ts"
import { isSettingsKey, SETTINGS, type Kind, type ListKind } from "./keys.ts"
import { showActual } from "./problems.ts"
import { unknownKey } from "./spelling.ts"

const EXPECTED: Partial<Record<Kind | ListKind, string>> = {
  name: "a repository's name (letters, digits, '_', '-', '.')",
  count: "a positive integer",
  amount: "a whole number, 0 or more",
  priority: "a priority from 0 to 4",
  size: 'a size, like "50 MiB" or "1 GiB", or a whole number of MiB',
  boolean: "true or false",
  list: "a list of words, at least one where one is needed",
  variables: "names of variables, or beginnings of names with a * behind",
  providers: "a list of providers, at least one"
}

const kindOf = (path: ReadonlyArray<PropertyKey>): Kind | ListKind | undefined => {
  const key = path.join(".")
  return isSettingsKey(key) ? SETTINGS[key].kind : undefined
}

const at = (value: unknown, path: ReadonlyArray<PropertyKey>): unknown =>
  path.reduce<unknown>((inner, part) => Reflect.get(Object(inner), part), value)

const EXPECTED_ACTUAL = /^expected (.*), actual /is

/** A message that was written for people, if there is one; else the expectations of the schema's own messages. */
const expectation = (messages: ReadonlyArray<string>): string => {
  const written = messages.find((message) => !EXPECTED_ACTUAL.test(message))
  if (written !== undefined) return written
  const wanted = messages
    .map((message) => EXPECTED_ACTUAL.exec(message)?.[1] ?? message)
    .map((what) => (what === "string" ? "a text in quotes" : what))
  return `expected ${Arr.dedupe(wanted).join(" or ")}`.replace(/\{.*/s, "a provider: a name, or a record with one")
}

/** The choice that was misspelled, if one was: `; did you mean local?`. */
const meantChoice = (kind: Kind | ListKind | undefined, expected: string, actual: unknown): string => {
  if (kind !== "choice" || typeof actual !== "string") return ""
  const choices = Array.from(expected.matchAll(/"([a-z-]+)"/g), ([, choice = ""]) => choice)
  const meant = nearest(actual, choices)
  return meant === undefined ? "" : `; did you mean ${meant}?`
}

const describe = (issues: Arr.NonEmptyReadonlyArray<ParseResult.ArrayFormatterIssue>, raw: unknown): string => {
  const { _tag, path } = issues[0]
  if (_tag === "Unexpected") return unknownKey(path)
  if (_tag === "Missing") return "is missing"
  const kind = kindOf(path)
  if (path[0] === "journal") return "expected an address in quotes, like postgres://user@host/database"
  if (kind === "secret") return "expected a web address in quotes, beginning with https:// or http://"
  if (kind === "span") return spanAdvice(at(raw, path)) ?? `${EXPECTED_SPAN}, actual ${showActual(at(raw, path))}`
  const expected = kind && EXPECTED[kind]
  const what = expected === undefined ? expectation(issues.map(({ message }) => message)) : `expected ${expected}`
  return `${what}, actual ${showActual(at(raw, path))}${meantChoice(kind, what, at(raw, path))}`
}

/** The schema's problems with `raw`: one message for each place, in the order of their discovery. */
export const problemsOf = (
  error: ParseResult.ParseError,
  raw: unknown
): ReadonlyArray<{ readonly path: ReadonlyArray<PropertyKey>; readonly message: string }> => {
  const issues = ParseResult.ArrayFormatter.formatErrorSync(error)
  // For an optional value the formatter also lists `undefined` as an expectation. That does not help the operator.
  const wanted = issues.filter(({ message }) => !message.startsWith("Expected undefined, actual"))
  // An empty list lacks its first element. The problem belongs to the list.
  const placed = wanted.map((issue) =>
    issue._tag === "Missing" && issue.path.at(-1) === 0
      ? { _tag: "Type" as const, path: issue.path.slice(0, -1), message: issue.message }
      : issue
  )
  return Object.values(Arr.groupBy(placed, ({ path }) => JSON.stringify(path))).map((group) => ({
    path: group[0].path,
    message: describe(group, raw)
  }))
}
