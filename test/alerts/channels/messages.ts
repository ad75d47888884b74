import { DateTime, FastCheck as fc } from "effect"
import { Change, Level, type Message, type Outgoing } from "../../../src/domain/Message.ts"
import { codePoint } from "../../codePoint.ts"

/** 2026-11-27 06:00 UTC, a Friday. */
export const AT = 1_795_759_200_000
export const HOUR = 3_600_000

/** Times of the tests, on any host. */
export const READING = { zone: () => DateTime.zoneMakeOffset(0), now: AT }

export const message: Message = {
  id: "raised no_provider 1795759200000",
  key: "no_provider",
  kind: "no_provider",
  change: "raised",
  level: "bad",
  at: AT,
  host: "vm-1",
  repository: "shop",
  what: "no provider works",
  since: AT - 4 * HOUR,
  follows: "7 bugs wait until one works again.",
  lines: [],
  commands: ["nightly-dispatch preflight", "nightly-dispatch status"]
}

export const outgoing: Outgoing = { message, mayBeRepeat: false }

const { follows: _, ...withoutFollows } = message

/** One message of each level. */
export const samples: Readonly<Record<Level, Message>> = {
  bad: message,
  warning: {
    ...message,
    id: "repeated gave_up bd-7 1795759200000",
    key: "gave_up bd-7",
    kind: "gave_up",
    change: "repeated",
    level: "warning",
    beads: "bd-7",
    what: "bd-7 was given up after 3 attempts",
    since: AT - 50 * HOUR,
    follows: "It is not dispatched again until its description changes.",
    commands: ["nightly-dispatch explain bd-7", "nightly-dispatch retry bd-7"]
  },
  good: {
    ...withoutFollows,
    id: "recovered no_provider 1795759200000",
    change: "recovered",
    level: "good",
    commands: []
  },
  info: {
    ...withoutFollows,
    id: "digest 2026-11-27",
    key: "digest",
    kind: "digest",
    change: "digest",
    level: "info",
    what: "3 bugs dispatched, 2 jobs succeeded, 1 needs you",
    lines: ["bd-3 succeeded: 2 commits on nightly/bd-3", "bd-7 was given up"],
    commands: ["nightly-dispatch review"]
  }
}

/** What strangers write. */
const HOSTILE = [
  "<!channel>",
  "<!here|here>",
  "<@U012AB3CD>",
  "@here @channel @all",
  "<http://evil.test|click>",
  "[click](http://evil.test)",
  "*bold* _it_ ~no~ `code` ```\nblock\n```",
  ":tada: &lt;!channel&gt;",
  "x\r\nBcc: victim@evil.test\r\n\r\nbody",
  "\n.\n",
  "From here",
  "=?utf-8?B?QmNj?=",
  "日本語のバグ",
  "👩‍👩‍👧 🐛",
  "\ud83d half",
  "half \udc1b",
  "\u0000\u001b[31m\u0007\u202e",
  "y".repeat(10_000),
  "é".repeat(10_000)
]

const text = fc
  .array(fc.oneof(fc.constantFrom(...HOSTILE), fc.string({ unit: codePoint }), fc.string()), { maxLength: 4 })
  .map((parts) => parts.join(" "))

/** Messages whose every text is a stranger's. */
export const hostile: fc.Arbitrary<Outgoing> = fc.record({
  mayBeRepeat: fc.boolean(),
  message: fc.record({
    kind: fc.constant(message.kind),
    at: fc.constant(AT),
    since: fc.constant(AT - HOUR),
    what: text,
    follows: text,
    host: text,
    repository: text,
    beads: text,
    lines: fc.oneof(fc.array(text, { maxLength: 5 }), fc.array(text, { minLength: 60, maxLength: 90 })),
    commands: fc.array(text, { maxLength: 15 }),
    change: fc.constantFrom(...Change.literals),
    level: fc.constantFrom(...Level.literals),
    key: text.filter((key) => key !== ""),
    id: text.filter((id) => id !== "")
  })
})
