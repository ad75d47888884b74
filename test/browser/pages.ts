import { reportHtml } from "../../src/report/html/reportHtml.ts"
import { branchKey, type ReportInput } from "../../src/report/report/reportInput.ts"
import { reportView } from "../../src/report/report/reportView.ts"
import { at, attempt, bug, busy, failed, frame, provider, quiet, run } from "../report/report/sample.ts"

const HOSTILE = [
  "<script>alert(1)</script>",
  `"><img src=x onerror=alert(1)>`,
  "</style></svg></title><script>alert(2)</script>",
  "\u001b[31mred\u001b[0m \u0007\u0000 a\u202eb\u2066c\u200bd",
  "🐛🧑‍💻 長い題名 שלום العربية",
  `' onfocus=alert(3) autofocus x='`,
  "x".repeat(10_000),
  "javascript:alert(4) https://example.com/a?b=c&d=e"
]

/** What bugs, logs and tools may say, in every field that takes a text. */
export const hostile: ReportInput = {
  ...busy,
  host: HOSTILE[1] ?? "",
  repository: HOSTILE[0],
  schedule: { schedule: undefined, why: HOSTILE[2] ?? "" },
  ended: HOSTILE.flatMap((text, index) => [
    failed(`shop-${index}`, at(25, "23:00") + index * 600_000, text, { provider: provider("evil-1") }),
    failed(`shop-${index}`, at(26, "01:00") + index * 600_000, text, { provider: provider("evil-2"), number: 2 })
  ]),
  open: [attempt("shop-f44", at(26, "06:00"), { end: undefined, phase: "acknowledged", durationMs: undefined })],
  refusals: HOSTILE.map((detail, index) => ({ provider: provider(`evil-${index}`), detail, runs: 2 })),
  refusalsByNight: new Map([
    ["2026-11-25", HOSTILE.map((detail, index) => ({ provider: provider(`evil-${index}`), detail, runs: 2 }))]
  ]),
  titles: new Map(HOSTILE.map((text, index) => [bug(`shop-${index}`), text])),
  notes: HOSTILE
}

const NAMES = [
  "opencode",
  "cc-glm",
  "gemini",
  "codex",
  "aider",
  "goose",
  "amp",
  "crush",
  "qwen",
  "kimi",
  "droid",
  "a-provider-with-a-long-name"
]

const HOUR = 3_600_000

/** The night that began so many nights ago: a few jobs of as many providers and bugs; in some nights no run came, or one failed. */
const nightOf = (back: number) => {
  const noon = at(25, "12:00") - back * 24 * HOUR
  const names = back % 11 === 5 ? [] : NAMES.slice(0, back === 0 ? 12 : 1 + ((back * 7) % 5))
  const ended = names.map((name, index) => {
    const began = noon + (11 + (index % 9)) * HOUR + index * 240_000
    const id = `shop-${back === 0 ? index : (back * 12 + index) % 97}`
    const facts = { provider: provider(name), durationMs: (20 + ((index * 37) % 90)) * 60_000 }
    if ((index + back) % 9 === 3) return failed(id, began, "the job hung about 2 h", { ...facts, end: "stalled" })
    if ((index + back) % 4 === 1) return failed(id, began, "npm ERR! missing script: test", facts)
    return attempt(id, began, facts)
  })
  const hours = back % 11 === 5 ? [] : [20, 19, 18, 13, 11].slice(back % 13 === 2 ? 1 : 0)
  const runs = hours.map((hour) =>
    run(noon + hour * HOUR, {
      dispatched: hour === 11 ? names.length : 0,
      failed: back % 17 === 4 && hour === 11 ? 1 : 0,
      exit: back % 9 === 4 && hour === 11 ? 3 : 0
    })
  )
  return { ended, runs }
}

/** Many nights, providers and bugs. */
export const large = (nights: number): ReportInput => {
  const all = Array.from({ length: nights }, (_, back) => nightOf(back))
  const ended = all.toReversed().flatMap((night) => night.ended)
  return {
    ...busy,
    since: at(25, "12:00") - (nights - 1) * 24 * HOUR,
    runsBefore: [],
    runs: all.flatMap(({ runs }) => runs),
    ended,
    branches: new Map(
      ended.map(({ beads }, index) => [
        branchKey("/home/op/shop", `nightly-dispatch/${beads}`),
        index % 5 === 0
          ? { branch: "exists", merged: "no", tip: "1".repeat(40) }
          : { branch: "deleted", merged: index % 7 === 0 ? "no" : "yes", tip: undefined }
      ])
    ),
    titles: new Map(
      NAMES.map((name, index) => [
        bug(`shop-${index}`),
        `The page of ${name} loses its last row when it is sorted by date`
      ])
    )
  }
}

/** The first night: two runs and a job. */
const first: ReportInput = {
  ...busy,
  since: at(25, "12:00"),
  runsBefore: [],
  runs: [run(at(26, "01:00")), run(at(25, "23:00"), { dispatched: 1 })],
  ended: [attempt("shop-a11", at(25, "23:00"))],
  open: [],
  refusals: [],
  fallbacks: new Map(),
  refusalsByNight: new Map()
}

/** The pages that a browser is shown. */
export const INPUTS: Readonly<Record<string, ReportInput>> = {
  busy,
  hostile,
  empty: quiet,
  first,
  large: large(30),
  year: large(365)
}

export const pageOf = (input: ReportInput): string => reportHtml(reportView(input), frame)
