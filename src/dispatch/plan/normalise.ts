/** Characters in front of a number that may say what it means. */
const BEFORE = 40

/** Names after which a number is a part of the error: a status, an exit code, a signal, a version. */
const NAMED = new RegExp(
  `(?:^|[^a-z])(?:${[
    String.raw`https?(?:/\d(?:\.\d)?)?`,
    "status",
    "[a-z_]{0,12}code",
    String.raw`exit(?:s|ed)?(?: with)?(?: status| code)?`,
    "errno",
    "rc",
    "signal",
    "sig[a-z]{2,6}",
    "hresult",
    "ntstatus",
    "sqlstate",
    "version|release",
    "python|node|java|jdk|php|ruby|go|rust|gcc|clang|llvm|react|angular|vue|django|rails",
    "postgres|postgresql|mysql|windows|macos|ubuntu|debian|android|ios|chrome|firefox|safari"
  ].join("|")})["']?[\\s:=#([v]{0,3}$`
)
/** The same without a colon: behind `error:` stands a sentence. */
const NAMED_CLOSELY = /(?:^|[^a-z])(?:error|err|exception|fault)["']?[\s=#([]{1,2}$/
/** Names after which a number only says which one, or where. */
const COUNTED =
  /(?:^|[^a-z])(?:line|column|col|row|index|idx|offset|position|port|pid|tid|id|user|item|page|thread|worker|task|job|pod|shard|attempt|#)[\s:=#_-]{0,2}$/
/** The letters of a code, with its separator: `ORA-`, `CVE-2024-`. */
const LETTERS =
  /(?:^|[^A-Za-z0-9])(?!(?:PID|TID|ID|PORT|LINE|ROW|COL|THREAD|WORKER|JOB|POD|NODE|HOST|VM)[-_])[A-Z]{1,12}[-_](?:\d{1,6}[-_])?$/

const UNIT =
  /^(?:ns|us|µs|ms|s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?|b|bytes?|[kmg]i?b|px)(?![a-z0-9_])/i
const SPACED_UNIT =
  /^ ?(?:ns|us|µs|ms|s|secs?|seconds?|mins?|minutes?|hrs?|hours?|days?|bytes?|[kmg]i?b|px|%)(?![a-z0-9_])/i

const isHash = (word: string): boolean =>
  /^[0-9a-f]{8,}$/i.test(word) || (/^[0-9a-f]{7,}$/i.test(word) && /\d/.test(word) && /[a-f]/i.test(word))

const isAddress = (parts: ReadonlyArray<string>): boolean =>
  parts.length === 4 && parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) <= 255)

/** A word without dots that holds a digit. */
const withoutCounts = (word: string): string => {
  if (/^0x[0-9a-f]+$/i.test(word) || isHash(word)) return "#"
  // `E1234`, `TS2345`: a code.
  if (/^[A-Z]{1,12}_?\d{1,6}$/.test(word)) return word
  const counts = word.match(/\d+/g) ?? []
  if (word.length >= 8 && counts.length > 1) return "#"
  // `int32` and `utf8` are words. `user1234` and `worker-7` are not.
  return /^(?:line|row|user|worker|thread|task|job|pid|item|pod|node|tmp|temp|test)_?\d/i.test(word)
    ? word.replace(/\d+/g, "#")
    : word.replace(/\d{4,}|^\d+$/g, "#")
}

/** Whether a bare number is an HTTP status that reports an error, by what stands around it. */
const isStatus = (number: string, before: string, after: string): boolean =>
  /^[45]\d\d$/.test(number) &&
  /(?:^|[\s("'=[])$/.test(before) &&
  /^(?:$|[\s)"',;\]]|[.:](?:\s|$))/.test(after) &&
  !COUNTED.test(before.toLowerCase())

/** What stays of a word with a digit, by the text around it. */
const meaningOf = (word: string, before: string, after: string): string => {
  const lower = before.toLowerCase()
  if (word.length <= 16 && (NAMED.test(lower) || NAMED_CLOSELY.test(lower))) return word
  const parts = word.split(".")
  const amount = /^\d+(?:\.\d+)?/.exec(word)?.[0]
  if (amount !== undefined) {
    const unit = word.slice(amount.length)
    if (unit === "" ? SPACED_UNIT.test(after) : UNIT.test(unit)) return "#"
  }
  if (parts.length > 1) {
    if (isAddress(parts) || /^\d+\.\d{4,}$/.test(word)) return "#"
    return /^[a-z]*\d{1,4}(?:\.\d{1,6}[a-z0-9]{0,8}){1,4}$/i.test(word) ? word : parts.map(withoutCounts).join(".")
  }
  if (!/^\d+$/.test(word)) return withoutCounts(word)
  return isStatus(word, before, after) || (word.length <= 6 && LETTERS.test(before)) ? word : "#"
}

const DATE = String.raw`\b\d{4}[-/]\d\d[-/]\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?)?(?:Z|[+-]\d\d:?\d\d)?`
const MONTHS = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
const DAY = String.raw`\b(?:\d{1,2}[ /-](?:${MONTHS})[a-z]{0,6}[ /-]\d{4}|(?:${MONTHS})[a-z]{0,6} {1,2}\d{1,2})\b`
const TIME = String.raw`\b\d{1,2}:\d\d:\d\d(?:[.,]\d{1,9})?`
const UUID = String.raw`\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b`
/** Each word once, with the numbers that follow it behind dots: a version. */
const WORD = String.raw`\w+(?:\.\d\w*)*`
const PARTS = new RegExp(`(${[DATE, DAY, TIME, UUID].join("|")})|${WORD}`, "gi")

/**
 * A text without what differs between two reports of one error: addresses, hashes, line and column numbers, times, durations,
 * sizes, process ids, ports, ids in URLs, counts; case and spaces. Numbers that say which error it is stay: HTTP statuses, exit
 * codes, signals, error codes, versions.
 *
 * @example
 * normalise("HTTP 404 on /users/17 after 153 ms") // "http 404 on /users/# after #"
 */
export const normalise = (text: string): string =>
  text
    .replace(PARTS, (word: string, when: string | undefined, offset: number) => {
      if (when !== undefined) return "#"
      if (!/\d/.test(word)) return isHash(word) ? "#" : word
      const end = offset + word.length
      return meaningOf(word, text.slice(Math.max(0, offset - BEFORE), offset), text.slice(end, end + 10))
    })
    .toLowerCase()
    .replace(/\s+/g, " ")
    .replace(
      /# ?(?:ns|us|µs|ms|s|secs?|seconds?|mins?|minutes?|hrs?|hours?|days?|bytes?|[kmg]i?b|px|%)(?![a-z0-9_])/g,
      "#"
    )
    .trim()
