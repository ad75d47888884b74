import { escapeMarkup } from "../../domain/markup.ts"
import { visibleLine } from "../../domain/Text.ts"

type Value = Html | string | number | ReadonlyArray<Html>

/** Between two values is a tag whose attribute has no quotes: there, escaping would not be enough. */
const UNQUOTED = /=\s*$/

const markupOf = (value: Value): string => {
  if (value instanceof Html) return value.toString()
  if (typeof value === "string") return escapeMarkup(visibleLine(value))
  return typeof value === "number" ? String(value) : value.join("")
}

/** Markup. Only the template `html` makes it, so text of others cannot become markup. */
export class Html {
  readonly #markup: string

  private constructor(markup: string) {
    this.#markup = markup
  }

  /** See `html`. */
  static of(this: void, literals: TemplateStringsArray, ...values: ReadonlyArray<Value>): Html {
    const unquoted = literals.slice(0, -1).find((literal) => UNQUOTED.test(literal))
    if (unquoted !== undefined) throw new TypeError(`an attribute without quotes: ${unquoted}`)
    return new Html(
      literals.map((literal, at) => literal + (at < values.length ? markupOf(values[at] ?? "") : "")).join("")
    )
  }

  get isEmpty(): boolean {
    return this.#markup === ""
  }

  toString(): string {
    return this.#markup
  }
}

/**
 * Markup with values in it: text and values of attributes. A value that is `Html` stays what it is. Every other one is escaped, and
 * its control characters become visible ones.
 *
 * @example
 * html`<p title="${title}">${title}</p>`
 */
export const html = Html.of

/** A part of the page's style sheet. */
export const css = Html.of

/** No markup. */
export const nothing = html``
