import { assert, describe, it } from "@effect/vitest"
import { FastCheck as fc } from "effect"
import { parseHTML } from "linkedom"
import { createHash } from "node:crypto"
import { html, nothing } from "../../../src/report/html/Html.ts"
import { reportHtml } from "../../../src/report/html/reportHtml.ts"
import type { ReportInput } from "../../../src/report/report/reportInput.ts"
import { reportView } from "../../../src/report/report/reportView.ts"
import { hostile, large, pageOf } from "../../browser/pages.ts"
import { at, attempt, bug, busy, failed, frame, provider, quiet } from "../report/sample.ts"
import { cpuTime } from "../../cpuTime.ts"

/** The names of a page's elements and attributes, in their order: what text of others must not change. */
const structure = (page: string): ReadonlyArray<string> =>
  Array.from(parseHTML(page).document.querySelectorAll("*"), ({ attributes, localName }) =>
    [localName, ...Array.from(attributes, ({ name }) => name)].join(" ")
  )

const textOf = (page: string): string => (parseHTML(page).document.body.textContent ?? "").replace(/\s+/g, " ")

/** A night in which every text of others is this text. */
const saying = (text: string): ReportInput => ({
  ...busy,
  host: `h ${text}`,
  repository: `r ${text}`,
  schedule: { schedule: undefined, why: text },
  ended: [1, 2].map((hour) => failed("shop-9fd", at(26, `0${hour}:00`), `d ${text}`, { provider: provider("x") })),
  refusals: [{ provider: provider("gemini"), detail: `d ${text}`, runs: 14 }],
  refusalsByNight: new Map([["2026-11-25", [{ provider: provider("x"), detail: text, runs: 1 }]]]),
  titles: new Map([[bug("shop-9fd"), `t ${text}`]]),
  notes: [`n ${text}`]
})

describe("the template of markup", () => {
  it("shows any text between tags and in attributes as just this text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => {
        const { document } = parseHTML(`<body>${html`<p title="${text}">${text}</p>`.toString()}</body>`)
        const [paragraph, ...others] = document.querySelectorAll("body *")
        assert.isEmpty(others)
        for (const shown of [paragraph?.textContent, paragraph?.getAttribute("title")]) assert.strictEqual(shown, text)
      })
    )
  })

  it("shows control characters and marks that reorder text as visible ones", () => {
    assert.strictEqual(html`${"a\u001b[31mb\u0000\u202ec"}`.toString(), "ab^@&lt;U+202E&gt;c")
  })

  it("keeps markup, escapes once, and refuses an attribute without quotes", () => {
    assert.strictEqual(
      html`<p>${html`<b>${"&"}</b>`}${[nothing, html`<i></i>`]}${7}</p>`.toString(),
      "<p><b>&amp;</b><i></i>7</p>"
    )
    assert.strictEqual(html`${html`<b></b>`.toString()}`.toString(), "&lt;b&gt;&lt;/b&gt;")
    assert.throws(() => html`<p title=${"x onclick"}></p>`, /without quotes/)
  })
})

describe("the report's page", () => {
  const page = pageOf(busy)

  it("has the same elements and attributes, whatever bugs, logs and tools say", () => {
    const harmless = structure(pageOf(saying("x")))
    const nasty = fc.oneof(
      fc.string({ unit: "grapheme" }),
      fc
        .array(
          fc.constantFrom(..."<>\"'&`=/ \n\u0000\u001b[]-!?;".split(""), "script", "style", "title", "svg", "onload"),
          { maxLength: 30 }
        )
        .map((parts) => parts.join(""))
    )
    fc.assert(
      fc.property(nasty, (text) => {
        assert.deepStrictEqual(structure(pageOf(saying(text))), harmless)
      }),
      { numRuns: 40 }
    )
    // eslint-disable-next-line no-control-regex -- they are what must not be there
    assert.notMatch(pageOf(hostile), /[\u0000-\u0008\u000b-\u001f\u202a-\u202e\u2066-\u2069]|<script|<img/)
  })

  it("has no script and no style of an attribute, and its policy names the digest of its one style sheet", () => {
    const { document } = parseHTML(page)
    const policy = document.querySelector("meta[http-equiv='Content-Security-Policy']")?.getAttribute("content") ?? ""
    assert.include(policy, "default-src 'none'")
    assert.notInclude(policy, "unsafe")
    const [style, ...more] = Array.from(page.matchAll(/<style>([\s\S]*?)<\/style>/g), ([, text = ""]) => text)
    assert.isEmpty(more)
    assert.include(
      policy,
      `'sha256-${createHash("sha256")
        .update(style ?? "")
        .digest("base64")}'`
    )
    assert.lengthOf(document.querySelectorAll("script, [style], [onload], iframe, object, base, form"), 0)
    for (const link of document.querySelectorAll("[href], [src]"))
      assert.match(link.getAttribute("href") ?? "", /^(#|data:image\/svg\+xml,)/)
  })

  it("says what the text says: runs, goal, review, providers, what fails, what is new, and what to type", () => {
    const text = textOf(page)
    for (const words of [
      "14 of 15 came",
      "1 missed",
      "90.9 % of dispatches acknowledged",
      "goal missed",
      "2 of 3 branches wait",
      "not found on PATH (14 runs)",
      "Prices show NaN in Safari",
      "nightly-dispatch explain shop-9fd",
      "no success: the job hung about 2 h",
      "shop-f44 · opencode · running",
      "hatched: ended in another way"
    ])
      assert.include(text, words)
  })

  it("gives each chart a name, a description and a table, and each id is there once", () => {
    const { document } = parseHTML(page)
    const charts = document.querySelectorAll("svg[role=img]")
    assert.lengthOf(charts, 6)
    for (const chart of charts)
      for (const name of ["aria-labelledby", "aria-describedby"])
        assert.isNotEmpty(document.getElementById(chart.getAttribute(name) ?? "")?.textContent?.trim())
    assert.lengthOf(document.querySelectorAll("details table"), 2)
    const ids = Array.from(document.querySelectorAll("[id]"), ({ id }) => id)
    assert.lengthOf(new Set(ids), ids.length)
    assert.lengthOf(document.querySelectorAll("h1"), 1)
    for (const link of document.querySelectorAll("a"))
      assert.isNotNull(document.querySelector(link.getAttribute("href") ?? ""))
  })

  it("of an empty window it says what to do next, and of unknown facts that they are unknown", () => {
    const empty = textOf(pageOf(quiet))
    assert.include(empty, "nightly-dispatch run --dry-run")
    assert.notInclude(empty, "Providers")
    const unknown = textOf(pageOf({ ...busy, titles: new Map(), schedule: { schedule: undefined, why: "no crontab" } }))
    for (const words of ["schedule unknown", "late and missed ones unknown: no crontab", "title unknown"])
      assert.include(unknown, words)
  })

  it("of a night without a job it says so", () => {
    const view = reportView({ ...busy, ended: [attempt("shop-a11", at(24, "23:00"))], open: [] })
    assert.include(textOf(reportHtml(view, frame)), "No job was started in the night of 2026-11-25.")
  })

  it("the same view gives the same page, and a year of nights takes less than a second", () => {
    assert.strictEqual(pageOf(busy), page)
    const view = reportView(large(365))
    reportHtml(view, frame)
    const begin = cpuTime()
    const year = reportHtml(view, frame)
    assert.isBelow(cpuTime() - begin, 1000)
    assert.include(year, "Each bar is 7 nights.")
  })
})
