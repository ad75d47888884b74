import { Array as Arr, Context, Effect, Either, Encoding, Layer } from "effect"
import { isDistinctive, MIN_SECRET_LENGTH, REDACTED } from "./environmentSecrets.ts"
import { escapeMarkup, GENERATOR, unescapeMarkup } from "./markup.ts"
import { shapedSecrets, type Range } from "./secretShapes.ts"

/** Replaces the secrets in a text. */
export type Redactor = (text: string) => string

/** The path of a web address. Clients print it alone, so it must be redacted alone. */
const pathOf = (secret: string): ReadonlyArray<string> => {
  const path = /^https?:\/\/[^/]+(\/.{15,})$/is.exec(secret)?.[1]
  return path === undefined ? [] : [path]
}

/** The ways a secret may be printed: as it is, inside JSON, inside an address, on one line, and each line alone. */
const spellings = (secret: string): ReadonlyArray<string> => {
  const lines = secret.split(/[\r\n]+/).map((line) => line.trim())
  return [
    secret,
    ...pathOf(secret),
    JSON.stringify(secret).slice(1, -1),
    ...Either.match(Encoding.encodeUriComponent(secret), { onLeft: () => [], onRight: (encoded) => [encoded] }),
    ...(lines.length > 1 ? [lines.join(" "), ...lines.filter((line) => line.length >= 2 * MIN_SECRET_LENGTH)] : [])
  ]
}

/** Ends a line that `oneLine` cut. */
const ELLIPSIS = "…"

/** The ranges of a secret in a text. The end of a cut line may hold only its beginning. */
const occurrences = (text: string, secret: string): ReadonlyArray<Range> => {
  const head = secret.slice(0, MIN_SECRET_LENGTH)
  const ranges: Array<Range> = []
  for (let start = text.indexOf(head); start >= 0;) {
    let length = head.length
    while (length < secret.length && text[start + length] === secret[length]) length++
    const end = start + length
    const isSecret = length === secret.length || end === text.length || text[end] === ELLIPSIS
    if (isSecret) ranges.push({ start, end })
    start = text.indexOf(head, isSecret ? end : start + 1)
  }
  return ranges
}

/** Replaces these ranges of the text. Ranges that touch become one. */
const replaceRanges = (text: string, ranges: ReadonlyArray<Range>): string => {
  let result = ""
  let done = 0
  for (const { end, start } of ranges.toSorted((a, b) => a.start - b.start)) {
    if (start > done || (start === 0 && done === 0)) result += text.slice(done, start) + REDACTED
    done = Math.max(done, end)
  }
  return result + text.slice(done)
}

/** Characters and texts. A log repeats run ids, reasons and details, and each of its parts is redacted more than once. */
const REMEMBERED = { length: 128, texts: 1000 }

/** The same redactor. Remembers short texts without a secret, so that they are looked through once. */
const remembering = (redact: Redactor): Redactor => {
  const clean = new Set<string>()
  return (text) => {
    if (text.length <= REMEMBERED.length && clean.has(text)) return text
    const redacted = redact(text)
    if (redacted !== text || text.length > REMEMBERED.length) return redacted
    if (clean.size >= REMEMBERED.texts) clean.clear()
    clean.add(text)
    return redacted
  }
}

/**
 * A redactor of these secrets, and of every text with the shape of a secret: Slack addresses, tokens and keys with a known
 * prefix, JWTs, bearer credentials, `user:password@` in an address, private keys. Keeps ids, branches, paths and hashes.
 *
 * @example
 * redactor(["correct-horse"])("login correct-horse failed") // "login [redacted] failed"
 */
export const redactor = (secrets: ReadonlyArray<string>): Redactor => {
  const texts = Arr.dedupe(secrets.filter(isDistinctive).flatMap(spellings)).filter(isDistinctive)
  return remembering((text) => {
    const ranges = [...texts.flatMap((secret) => occurrences(text, secret)), ...shapedSecrets(text)]
    return ranges.length === 0 ? text : replaceRanges(text, ranges)
  })
}

/** Replaces only what has the shape of a secret. */
export const redactShapes: Redactor = redactor([])

const isDocument = (text: string): boolean =>
  /^\s*[{[]/.test(text) && Either.isRight(Either.try((): unknown => JSON.parse(text)))

/** A page of ours. A page of others, in a log, is a text like any other. */
const isPage = (text: string): boolean =>
  text.startsWith("<!doctype html>") && text.slice(0, 300).includes(`content="${GENERATOR}"`)

/** Each text and each value of an attribute as it was before it was escaped, so that a page stays a page. */
const redactPage = (redact: Redactor, page: string): string =>
  page.replace(/[^<>"]+/g, (escaped) => {
    // No secret is as short, and a page has many short texts.
    if (escaped.length < MIN_SECRET_LENGTH) return escaped
    const text = unescapeMarkup(escaped)
    const redacted = redact(text)
    return redacted === text ? escaped : escapeMarkup(redacted)
  })

/**
 * A redactor for output: in a JSON document it redacts only the contents of strings, and in an HTML page only texts and values of
 * attributes, so that the document stays valid.
 *
 * @example
 * redactOutput(redactor(["s3cret-token"]))('{"key":"s3cret-token"}') // still valid JSON, without the secret
 */
export const redactOutput =
  (redact: Redactor): Redactor =>
  (text) => {
    if (isPage(text)) return redactPage(redact, text)
    return isDocument(text)
      ? text.replace(/"[^"\\]*(?:\\.[^"\\]*)*"/g, (quoted) => {
          // No secret is as short, and a document has many short strings.
          if (quoted.length < MIN_SECRET_LENGTH + 2) return quoted
          const content = String(JSON.parse(quoted))
          const redacted = redact(content)
          return redacted === content ? quoted : JSON.stringify(redacted)
        })
      : redact(text)
  }

/**
 * The redactor for everything that is written or sent. Knows the shapes of secrets by default; the command line provides
 * one that also knows the secrets of its environment and settings.
 *
 * @example
 * Effect.map(Redact, (redact) => redact(comment))
 */
export class Redact extends Context.Reference<Redact>()("nightly-dispatch/Redact", {
  defaultValue: (): Redactor => redactShapes
}) {}

/**
 * A `Redact` that knows these secrets as well as those of the surrounding one.
 *
 * @example
 * nightlyRun(options).pipe(Effect.provide(knowing(["s3cret-token"])))
 */
export const knowing = (secrets: ReadonlyArray<string>): Layer.Layer<Redact> =>
  Layer.effect(
    Redact,
    Effect.map(Redact, (outer): Redactor => {
      const ours = redactor(secrets)
      return (text) => ours(outer(text))
    })
  )
