import { assert, describe, it } from "@effect/vitest"
import { DateTime } from "effect"
import { Skipped } from "../../../src/domain/Outcome.ts"
import type { Frame } from "../../../src/report/Frame.ts"
import { compare, figuresOf } from "../../../src/report/shadow/compare.ts"
import { ShadowView } from "../../../src/report/shadow/shadowSchema.ts"
import { shadowText } from "../../../src/report/shadow/text.ts"
import { widthOf } from "../../../src/report/text/display.ts"
import { planned, seenBug, shadowOf } from "../../shadows.ts"

const HOUR = 3_600_000
const MONDAY = Date.UTC(2026, 10, 23, 6)
const NOW = MONDAY + 30 * HOUR
const frame = (width: number | undefined, color = false): Frame => ({
  now: NOW,
  zone: () => DateTime.zoneMakeOffset(0),
  width,
  color,
  program: "nightly-dispatch"
})

const evil = "old\u001b[31m-job\nroot"
const reason = new Skipped({
  beads: "bd-2",
  reason: "label",
  detail: "a label that keeps dispatchers away: needs-human"
})
const runs = [
  shadowOf(MONDAY, {
    outcomes: [planned("bd-1"), planned("bd-3"), reason],
    seen: [{ id: "bd-1" }, { id: "bd-2" }, { id: "bd-3" }]
  }),
  shadowOf(MONDAY + HOUR, {
    seen: [
      { id: "bd-1", status: "in_progress", assignee: "old-job" },
      { id: "bd-2", status: "in_progress", assignee: evil, title: "日本語の題\u0007" },
      { id: "bd-3" }
    ]
  })
]
const seen = [
  seenBug({ id: "bd-1", status: "closed", assignee: "old-job" }),
  seenBug({ id: "bd-2", status: "in_progress", assignee: evil, title: "日本語の題\u0007" }),
  seenBug({ id: "bd-3" })
]
const bugs = compare({ runs, now: { at: NOW, seen }, leftAfter: HOUR })
const view = new ShadowView({
  since: MONDAY,
  until: NOW,
  host: "vm-1",
  repository: "shop",
  runs: { count: 2, failed: 0, first: MONDAY, last: MONDAY + HOUR },
  leftAfterMs: HOUR,
  figures: figuresOf(bugs),
  bugs,
  notes: []
})

describe("the comparison as text", () => {
  it("says who took each bug, when, and what it came to", () => {
    assert.strictEqual(
      shadowText(view, frame(200)),
      `2 shadow runs, Mon 06:00 – Mon 07:00 · shop on vm-1
1 taken by both · 1 only by the shadow run · 1 only by others
1 closed · 1 with an old claim

bug   taken by     what happened
bd-2  others only  shadow run left it: label: a label that keeps dispatchers away: needs-human · old [31m-job root took it by Mon 07:00 · OLD CLAIM: held for 1 d 5 h, still in_progress · 日本語の題
bd-3  shadow only  shadow run: opencode, Mon 06:00 (1 run) · not taken · a fault
bd-1  both         shadow run: opencode, Mon 06:00 (1 run) · old-job took it by Mon 07:00, closed by 12:00 · a fault

  switch over:   nightly-dispatch cron install --replace "words of the old job's line"
  the way back:  nightly-dispatch cron remove --restore`
    )
  })

  it("fits any width, and no sign of a stranger reaches the terminal", () => {
    for (const width of [80, 200, undefined]) {
      const text = shadowText(view, frame(width))
      for (const line of text.split("\n")) assert.isAtMost(widthOf(line), width ?? 80, line)
      assert.notMatch(text, /[\u0000-\u0009\u000b-\u001f]/)
    }
    assert.include(shadowText(view, frame(80, true)), "\u001b[1m2 shadow runs")
  })

  it("without a shadow run says how to begin", () => {
    const none = new ShadowView({ ...view, runs: { count: 0, failed: 0 }, bugs: [], figures: figuresOf([]) })
    assert.match(
      shadowText(none, frame(80)),
      /^No shadow run since 2026-11-23\.[\s\S]*run --shadow\n.*nightly-dispatch cron install --shadow$/
    )
  })
})
