import { assert, describe, it } from "@effect/vitest"
import { reportHtml } from "../../../src/report/html/reportHtml.ts"
import { reportMarkdown } from "../../../src/report/report/markdown.ts"
import type { ReportInput } from "../../../src/report/report/reportInput.ts"
import { reportView } from "../../../src/report/report/reportView.ts"
import { reportText } from "../../../src/report/report/text.ts"
import { widthOf } from "../../../src/report/text/display.ts"
import { at, attempt, busy, failed, frame, run } from "../report/sample.ts"
import { actorOn, fleetAt, host, HOUR } from "./support.ts"

const { tenures: _, ...fleet } = fleetAt("vm-1", [
  host("vm-1"),
  host("vm-2", { seenAgo: 3 * HOUR }),
  host("vm-3", { state: "evicted" })
])
const input: ReportInput = {
  ...busy,
  fleet,
  runs: [run(at(26, "06:01"), { host: "vm-2", exit: 4 }), ...busy.runs],
  ended: [
    ...busy.ended,
    attempt("shop-r", at(26, "06:00"), { actor: actorOn("vm-2", 1) }),
    failed("shop-s", at(26, "06:00"), "exit 1", { actor: actorOn("vm-2", 2) })
  ]
}
const view = reportView(input)

describe("report of a fleet", () => {
  it("has the figures of each host, and leaves out an evicted one that did nothing", () => {
    assert.deepStrictEqual(
      view.hosts?.map(({ badRuns, jobs, name, runs, success }) => [name, runs, badRuns, jobs, success]),
      [
        ["vm-1", busy.runs.length, 2, busy.ended.length, view.hosts?.[0]?.success],
        ["vm-2", 1, 1, 2, 0.5]
      ]
    )
  })

  it("shows them as text, Markdown and HTML, and says that there are other hosts", () => {
    for (const width of [80, 200]) {
      const text = reportText(view, { ...frame, width })
      for (const line of text.split("\n")) assert.isAtMost(widthOf(line), width, line)
      assert.match(text, /^vm-2 +1 +1 +2 +50 % +0 {2}3 h ago$/m)
      assert.include(text, "shop on vm-1 and 1 other host")
    }
    assert.include(reportMarkdown(view, frame), "| vm-2 | 1 | 1 | 2 | 50 % | 0 | 3 h ago |")
    assert.match(reportHtml(view, frame), /<h2 id="hosts"[^>]*>Hosts<\/h2>/)
  })

  it("says nothing of hosts if no other host uses the journal", () => {
    const alone = reportView(busy)
    assert.notProperty(alone, "hosts")
    assert.notInclude(reportText(alone, frame), "last seen")
    assert.notInclude(reportMarkdown(alone, frame), "Hosts")
    assert.notInclude(reportHtml(alone, frame), 'id="hosts"')
  })
})
