import { oneLine, visibleLine } from "../../domain/Text.ts"
import { html, nothing, type Html } from "./Html.ts"

/** Text from bugs, logs and tools on one line of at most `max` characters, without colours, its control characters visible. */
export const plain = (text: string, max = 300): string =>
  oneLine(visibleLine(text.slice(0, 8 * max).replace(/\s+/g, " ")), max)

/** The same as markup. Its direction of writing does not change the words around it. */
export const foreign = (text: string, max?: number): Html => html`<bdi>${plain(text, max)}</bdi>`

/** A day of the calendar, never broken. */
export const day = (date: string): Html => html`<time datetime="${date}">${date}</time>`

/** A command to type. */
export const command = (text: string): Html => html`<code class="command">${text}</code>`

/** How good or bad a word is. Its colour repeats what the word says. */
export type Mood = "good" | "bad" | "warn" | "unknown"

export const tag = (mood: Mood, words: string): Html => html`<span class="tag ${mood}">${words}</span>`

/** A part of the page with its heading; nothing if the body is empty. `id`: of the heading, which the page's contents lead to. */
export const section = (id: string, title: string, body: Html): Html =>
  body.isEmpty
    ? nothing
    : html`<section aria-labelledby="${id}">
        <h2 id="${id}" tabindex="-1">${title}</h2>
        ${body}
      </section> `

export interface Column {
  readonly head: string
  readonly isNumber?: boolean
}

/** A table whose first column names its rows. On a narrow page each row becomes a block, so the roles say that it is a table still. */
export const table = (
  label: string,
  columns: ReadonlyArray<Column>,
  rows: ReadonlyArray<ReadonlyArray<Html | string | number>>
): Html => {
  const kindOf = (column: Column | undefined) => (column?.isNumber === true ? "number" : "words")
  const heads = columns.map(
    (column) => html`<th scope="col" role="columnheader" class="${kindOf(column)}">${column.head}</th>`
  )
  const row = (cells: ReadonlyArray<Html | string | number>) =>
    html`<tr role="row">
      ${cells.map((cell, at) =>
        at === 0
          ? html`<th scope="row" role="rowheader">${cell}</th>`
          : html`<td role="cell" class="${kindOf(columns[at])}" data-head="${columns[at]?.head ?? ""}">${cell}</td>`
      )}
    </tr> `
  return html`<table role="table" aria-label="${label}">
    <thead role="rowgroup">
      <tr role="row">
        ${heads}
      </tr>
    </thead>
    <tbody role="rowgroup">
      ${rows.map(row)}
    </tbody>
  </table> `
}

/** What a chart shows, in numbers. */
export const asTable = (content: Html): Html =>
  html`<details>
    <summary>The same as a table</summary>
    ${content}
  </details> `

/** A bar for a share between 0 and 1, beside its number. `goal`: where a line stands. */
export const shareBar = (share: number | undefined, goal?: number): Html => {
  const at = (value: number) => Math.round(Math.min(1, Math.max(0, value)) * 1000) / 10
  const line = goal === undefined ? nothing : html`<path class="goal" d="M${at(goal)},0V8"></path>`
  return html`<svg class="share" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
    <rect class="whole" width="100" height="8"></rect>
    <rect class="part" width="${at(share ?? 0)}" height="8"></rect>
    ${line}
  </svg>`
}
