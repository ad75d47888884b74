import { assert, describe, it } from "@effect/vitest"
import { Either, FastCheck as fc, Schema } from "effect"
import { escapeMarkdown, reportMarkdown } from "../../../src/report/report/markdown.ts"
import { nightAt } from "../../../src/domain/night.ts"
import { ReportView } from "../../../src/report/report/reportSchema.ts"
import { reportView } from "../../../src/report/report/reportView.ts"
import { parseSince } from "../../../src/report/report/since.ts"
import { reportText } from "../../../src/report/report/text.ts"
import { widthOf } from "../../../src/report/text/display.ts"
import { at, attempt, bug, busy, failed, frame, NOW, quiet, zone } from "./sample.ts"

describe("the report", () => {
  const view = reportView(busy)

  it("judges runs, counts ends, and says whether the goal is met", () => {
    assert.deepInclude(view.runs.judged, { due: 15, came: 14, late: 1, missed: [at(24, "01:00")] })
    assert.deepInclude(view.jobs, { tried: 11, started: 10, running: 1, success: 3 / 9 })
    const text = reportText(view, frame)
    for (const words of [
      "14 of 15 came (93.3 %)",
      "90.9 % of dispatches",
      "goal 95 %: missed",
      "3 branches: 1 merged · 2 waiting"
    ])
      assert.include(text, words)
  })

  it("names bugs that keep failing, until one succeeds or a person clears them", () => {
    assert.deepStrictEqual(
      view.keepsFailing.map(({ beads, jobs }) => [beads, jobs]),
      [[bug("shop-9fd"), 3]]
    )
    const good = attempt("shop-9fd", at(26, "02:00"))
    assert.isEmpty(reportView({ ...busy, ended: [...busy.ended, good] }).keepsFailing)
    const cleared = busy.ended.map((one) => ({ ...one, cleared: true }))
    assert.isEmpty(reportView({ ...busy, ended: cleared }).keepsFailing)
  })

  it("tells what is new since the night before, and what is gone", () => {
    assert.deepStrictEqual(
      view.difference?.fresh.map(({ subject }) => subject),
      ["shop-c1x", "shop-d33", "opencode", "exit 3"]
    )
    assert.deepStrictEqual(
      view.difference?.gone.map(({ subject }) => subject),
      ["shop-e07", "gemini", "exit 4"]
    )
  })

  it("without a schedule it says why nothing is late or missed", () => {
    const unjudged = reportView({ ...busy, schedule: { schedule: undefined, why: "no crontab line" } })
    assert.isUndefined(unjudged.runs.judged)
    assert.include(reportText(unjudged, frame), "no crontab line")
  })

  it("of an empty window it says what to do next", () => {
    assert.include(reportText(reportView(quiet), frame), "nightly-dispatch run --dry-run")
    const old = reportView({ ...quiet, lastRun: at(3, "06:00") })
    for (const text of [reportText(old, frame), reportMarkdown(old, frame)])
      assert.include(text, "nightly-dispatch report --since 2026-11-03")
  })

  it("its document is read by its schema", () => {
    const codec = Schema.parseJson(ReportView)
    const document = Schema.encodeSync(codec)(view)
    assert.strictEqual(Schema.encodeSync(codec)(Schema.decodeSync(codec)(document)), document)
  })

  it("fits its width and holds no control character, whatever logs say", () => {
    const hostile = "| <script>@all `x` \u001b[31m\u202e\u0000\n# " + "長".repeat(2000)
    const ended = [1, 2].map((hour) => failed("shop-bad", at(26, `0${hour}:00`), hostile))
    const nasty = reportView({ ...busy, ended, titles: new Map([[bug("shop-bad"), hostile]]) })
    for (const width of [80, 200])
      for (const line of reportText(nasty, { ...frame, width }).split("\n")) assert.isAtMost(widthOf(line), width, line)
    // eslint-disable-next-line no-control-regex -- they are what must not be there
    assert.notMatch(reportText(nasty, frame), /[\u0000-\u0009\u000b-\u001f\u202e]/)
    assert.notMatch(reportMarkdown(nasty, frame), /<script|@all/)
  })

  it("text of others is never markup in Markdown", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        assert.notMatch(escapeMarkdown(text).replace(/\\./g, ""), /[|<>`*_[\]]|@(?!&#8203;)/)
      })
    )
  })
})

describe("--since", () => {
  const since = (text: string) => Either.getOrUndefined(parseSince(text, { now: NOW, zone }))

  it("is whole nights, hours or a date", () => {
    assert.strictEqual(since("1d"), at(25, "12:00"))
    assert.strictEqual(since("2w"), at(12, "12:00"))
    assert.strictEqual(since("48h"), at(24, "08:30"))
    assert.strictEqual(since("2026-11-01"), at(1, "00:00"))
  })

  it.for(["", "0d", "30", "yesterday", "2026-02-31", "2027-01-01", "999999w", "-1d", "1e3d"])(
    "malformed it says what is wrong, with examples: %s",
    (text) => {
      const found = parseSince(text, { now: NOW, zone })
      assert.isTrue(Either.isLeft(found))
      if (Either.isLeft(found)) assert.include(found.left, "30d, 48h, 2w")
    }
  )

  it("a night is from noon to noon", () => {
    assert.strictEqual(nightAt(at(25, "12:00"), zone).date, "2026-11-25")
    assert.strictEqual(nightAt(at(25, "11:59"), zone).date, "2026-11-24")
  })
})
