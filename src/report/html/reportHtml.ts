import { DateTime } from "effect"
import { createHash } from "node:crypto"
import { GENERATOR } from "../../domain/markup.ts"
import type { Frame } from "../Frame.ts"
import type { ReportView } from "../report/reportSchema.ts"
import * as words from "../report/words.ts"
import { whenOf, zoned } from "../../domain/times.ts"
import { figures, runsOnly } from "./figures.ts"
import { html, nothing, type Html } from "./Html.ts"
import { lastNight } from "./lastNight.ts"
import { difference, failing, notes, hosts, providers } from "./lists.ts"
import { nights } from "./nights.ts"
import { command, foreign, section } from "./parts.ts"
import { STYLE } from "./style/style.ts"

// A space more would change the digest.
// prettier-ignore
const SHEET = html`<style>${STYLE}</style>`

/** The page is allowed its own style sheet and its icon, and nothing else: no script, no request, no style of an attribute. */
const POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash("sha256").update(STYLE.toString()).digest("base64")}'`,
  "img-src data:",
  "base-uri 'none'",
  "form-action 'none'"
].join("; ")

/** A moon, so that a browser asks no server for an icon. */
const ICON =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Cpath fill='%237a8ca5' d='M9 1a7 7 0 1 0 6 10A6 6 0 0 1 9 1z'/%3E%3C/svg%3E"

/** Patterns that mark bars in another way than by colour. */
const PATTERNS = html`<svg class="patterns" width="0" height="0" aria-hidden="true">
  <defs>
    <pattern id="hatched" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
      <path class="gap" d="M1,0V6"></path>
    </pattern>
    <pattern id="crossed" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
      <path class="gap" d="M1,0V6M0,1H6"></path>
    </pattern>
    <pattern id="failed-fill" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
      <rect class="failed-fill" width="6" height="6"></rect>
      <path class="gap" d="M1,0V6"></path>
    </pattern>
    <pattern id="stalled-fill" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
      <rect class="stalled-fill" width="6" height="6"></rect>
      <path class="gap" d="M1,0V6M0,1H6"></path>
    </pattern>
  </defs>
</svg> `

interface Part {
  readonly id: string
  readonly title: string
  readonly body: Html
}

const empty = (view: ReportView, frame: Frame): ReadonlyArray<Part> => {
  const { next, why, words: what } = words.emptyWords(view, frame.zone)
  const missed = view.runs.judged?.missed.length ?? 0
  return [
    {
      id: "nothing",
      title: "Nothing to report",
      body: html`<p>${what}</p>
        <p>${why} ${command(`${frame.program} ${next}`)}</p> `
    },
    { id: "figures", title: "In short", body: missed > 0 ? runsOnly(view, frame) : nothing }
  ]
}

const parts = (view: ReportView, frame: Frame): ReadonlyArray<Part> => [
  ...(words.isEmpty(view)
    ? empty(view, frame)
    : [
        { id: "figures", title: "In short", body: figures(view, frame) },
        { id: "nights", title: "Nights", body: nights(view) },
        { id: "hosts", title: "Hosts", body: hosts(view) },
        { id: "providers", title: "Providers", body: providers(view) },
        { id: "failing", title: "Keeps failing", body: failing(view, frame) },
        { id: "difference", title: "Since the night before", body: difference(view) },
        { id: "last-night", title: "The last night", body: lastNight(view, frame) }
      ]),
  { id: "notes", title: "What could not be read", body: notes(view) }
]

const contents = (all: ReadonlyArray<Part>): Html =>
  all.length < 2
    ? nothing
    : html`<nav aria-label="Contents">
        <ul>
          ${all.map(({ id, title }) => html`<li><a href="#${id}">${title}</a></li> `)}
        </ul>
      </nav> `

/**
 * The report as one HTML page that needs nothing else: no script, no request. Text of others stays text.
 *
 * @example
 * yield* fs.writeFileString("report.html", reportHtml(view, frame))
 */
export const reportHtml = (view: ReportView, frame: Frame): string => {
  const all = parts(view, frame).filter(({ body }) => !body.isEmpty)
  const made = DateTime.formatIsoZoned(zoned(frame.now, frame.zone)).slice(0, 16)
  const last = view.lastRun === undefined ? "no run yet" : `last run ${whenOf(view.lastRun, frame)}`
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="generator" content="${GENERATOR}" />
        <meta http-equiv="Content-Security-Policy" content="${POLICY}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="referrer" content="no-referrer" />
        <title>nightly-dispatch: ${words.headline(view, frame.zone)}</title>
        <link rel="icon" href="${ICON}" />
        ${SHEET}
      </head>
      <body>
        <a class="skip" href="#main">Skip to the report</a>
        ${PATTERNS}
        <header>
          <p class="program">nightly-dispatch report</p>
          <h1>${foreign(words.placeWords(view))}</h1>
          <p>${words.windowWords(view, frame.zone)} · ${last}</p>
          ${contents(all)}
        </header>
        <main id="main" tabindex="-1">${all.map(({ body, id, title }) => section(id, title, body))}</main>
        <footer>
          <p>
            Made on ${made.replace("T", " at ")} from the journal of ${foreign(view.host)}. Times are in
            ${foreign(view.zone)}. A night is from noon to noon.
          </p>
        </footer>
      </body>
    </html>`.toString()
}
