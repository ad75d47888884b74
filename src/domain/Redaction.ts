import { Array as Arr, Context, Effect, Either, Encoding, Layer, Order } from "effect"
import { shapedSecrets, type Range } from "./secretShapes.ts"

/** What stands where a secret stood. */
export const REDACTED = "[redacted]"

/** Takes the secrets out of a text. */
export type Redactor = (text: string) => string

const SHORTEST = 8

// Words that a variable with such a name holds when it holds a choice and not a secret.
const COMMON = new Set(
  `anonymous anthropic automatic changeme credential credentials database default deprecated development disabled
   dx-runner enabled external inherited interactive internal keychain keyring localhost managed nightly-dispatch
   onepassword opencode optional password production provided required service-account staging undefined unlimited
   unspecified webhook`.split(/\s+/)
)

/** `GIT_AUTHOR_NAME` has no AUTH in it and `MONKEY` no KEY; `OAUTH` and `APIKEYS` have. */
const SECRET_NAME =
  /TOKEN|SECRET|PASSWORD|PASSWD|WEBHOOK|CREDENTIAL|(?:^|_|API|SSH|ACCESS|PRIVATE)KEYS?(?=_|$)|(?:^|_)O?AUTHS?(?=_|$)/i

// Of names, because a base64 value may begin with a slash too.
const PLACE_NAME = /(?:FILE|PATH|DIR|DIRECTORY|SOCK|SOCKET|HOME|ROOT)$/i
const PLACE =
  /^(?:~|\.{1,2}\/|op:\/\/|file:|\/(?:bin|dev|etc|home|mnt|nix|opt|private|proc|root|run|snap|srv|sys|tmp|usr|var|Library|Users|Volumes)(?:\/|$))/

/** Whether a variable of this name is expected to hold a secret. */
export const isSecretName = (name: string): boolean => SECRET_NAME.test(name)

const isPlace = (name: string, value: string): boolean =>
  PLACE.test(value) || (value.startsWith("/") && PLACE_NAME.test(name))

/** Whether a text can be told from ordinary ones: long enough, and neither a common word, a number, nor what we write ourselves. */
const isTelling = (value: string): boolean =>
  value.length >= SHORTEST &&
  !COMMON.has(value.toLowerCase()) &&
  !/^[\d.,:_-]{1,15}$/.test(value) &&
  !REDACTED.includes(value)

/**
 * The secrets in an environment: values of at least eight characters of variables whose name speaks of a token, key, secret,
 * password, webhook, credential or authorization, unless they are a path, a common word or a short number.
 *
 * @example
 * secretsIn({ ZAI_API_KEY: "0123456789abcdef", SSH_AUTH_SOCK: "/run/ssh" }) // ["0123456789abcdef"]
 */
export const secretsIn = (environment: Readonly<Record<string, string | undefined>>): ReadonlyArray<string> =>
  Object.entries(environment).flatMap(([name, value = ""]) => {
    const secret = value.trim()
    return isSecretName(name) && isTelling(secret) && !isPlace(name, secret) ? [secret] : []
  })

/** What follows the host of a web address. Clients print it alone. */
const tailOf = (secret: string): ReadonlyArray<string> => {
  const tail = /^https?:\/\/[^/]+(\/.{15,})$/is.exec(secret)?.[1]
  return tail === undefined ? [] : [tail]
}

/** A secret as it may be printed: as it is, inside JSON, inside an address, on one line, and each of its lines. */
const spellings = (secret: string): ReadonlyArray<string> => {
  const lines = secret.split(/[\r\n]+/).map((line) => line.trim())
  return [
    secret,
    ...tailOf(secret),
    JSON.stringify(secret).slice(1, -1),
    ...Either.match(Encoding.encodeUriComponent(secret), { onLeft: () => [], onRight: (encoded) => [encoded] }),
    ...(lines.length > 1 ? [lines.join(" "), ...lines.filter((line) => line.length >= 2 * SHORTEST)] : [])
  ]
}

const CUT = "…"

/** Where a secret stands, whole, or as far as a line that was cut short still shows it. */
const occurrences = (text: string, secret: string): ReadonlyArray<Range> => {
  const head = secret.slice(0, SHORTEST)
  const found: Array<Range> = []
  for (let start = text.indexOf(head); start >= 0;) {
    let length = head.length
    while (length < secret.length && text[start + length] === secret[length]) length++
    const end = start + length
    const isIt = length === secret.length || end === text.length || text[end] === CUT
    if (isIt) found.push({ start, end })
    start = text.indexOf(head, isIt ? end : start + 1)
  }
  return found
}

/** The text with something else where these ranges are. Ranges that touch become one. */
const without = (text: string, ranges: ReadonlyArray<Range>): string => {
  let result = ""
  let done = 0
  for (const { end, start } of Arr.sort(
    ranges,
    Order.mapInput(Order.number, (range: Range) => range.start)
  )) {
    if (start > done || (start === 0 && done === 0)) result += text.slice(done, start) + REDACTED
    done = Math.max(done, end)
  }
  return result + text.slice(done)
}

/**
 * Takes out these secrets, and everything that has the shape of one: Slack addresses, tokens and keys with a known prefix,
 * JWTs, bearer credentials, `user:password@` in an address, private keys. Ids, branches, paths and hashes stay as they are.
 *
 * @example
 * redactor(["correct-horse"])("login correct-horse failed") // "login [redacted] failed"
 */
export const redactor = (secrets: ReadonlyArray<string>): Redactor => {
  const known = Arr.dedupe(secrets.filter(isTelling).flatMap(spellings)).filter(isTelling)
  return (text) => without(text, [...known.flatMap((secret) => occurrences(text, secret)), ...shapedSecrets(text)])
}

/** Takes out what has the shape of a secret. */
export const redactShapes: Redactor = redactor([])

const isDocument = (text: string): boolean =>
  /^\s*[{[]/.test(text) && Either.isRight(Either.try((): unknown => JSON.parse(text)))

/**
 * The same for what is printed: in a JSON document only what its strings say is looked at, so that it stays one, in its own
 * layout.
 */
export const redactOutput =
  (redact: Redactor): Redactor =>
  (text) =>
    isDocument(text)
      ? text.replace(/"[^"\\]*(?:\\.[^"\\]*)*"/g, (quoted) => {
          const said = String(JSON.parse(quoted))
          const told = redact(said)
          return told === said ? quoted : JSON.stringify(told)
        })
      : redact(text)

/**
 * How secrets are taken out of what is written down or sent. Knows their shapes by default; the command line provides one
 * that knows the secrets of its environment and settings too.
 *
 * @example
 * Effect.map(Redact, (redact) => redact(comment))
 */
export class Redact extends Context.Reference<Redact>()("nightly-dispatch/Redact", {
  defaultValue: (): Redactor => redactShapes
}) {}

/** A `Redact` that knows these secrets besides all that the one around it knows. */
export const knowing = (secrets: ReadonlyArray<string>): Layer.Layer<Redact> =>
  Layer.effect(
    Redact,
    Effect.map(Redact, (outer): Redactor => {
      const ours = redactor(secrets)
      return (text) => ours(outer(text))
    })
  )
