import { html, nothing, type Html } from "../Html.ts"

/** What is read of a drawing, of the DOM of any library. */
export interface Drawn {
  readonly nodeType: number
  readonly localName?: string
  readonly textContent: string | null
  readonly attributes?: Iterable<{ readonly name: string; readonly value: string }>
  readonly childNodes: Iterable<Drawn>
}

const ELEMENT = 1
const TEXT = 3

/** What a chart is made of. Plot draws a <style>, too: the page's policy forbids it, and the page has its own. */
const ELEMENTS: ReadonlySet<string> = new Set(["g", "rect", "line", "path", "text", "tspan", "title"])

/** Neither `style`, which the page's policy forbids, nor fonts, names and sizes, which the page sets. */
const ATTRIBUTES: ReadonlySet<string> = new Set(
  "class d dx dy fill height rx stroke stroke-dasharray stroke-opacity stroke-width text-anchor transform width x x1 x2 y y1 y2".split(
    " "
  )
)

/** A hundredth of a unit is less than anybody sees. */
const rounded = (value: string): string =>
  value.replace(/\d+\.\d{3,}/g, (number) => String(Number(Number(number).toFixed(2))))

const attributesOf = ({ attributes = [] }: Drawn): ReadonlyArray<Html> =>
  Array.from(attributes)
    .filter(({ name }) => ATTRIBUTES.has(name))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, value }) => html` ${name}="${name === "class" ? value : rounded(value)}"`)

/**
 * The children of a drawing as markup: its elements and attributes as far as charts need them, its texts escaped.
 *
 * @example
 * html`<svg viewBox="0 0 10 10">${childrenOf(drawing)}</svg>`
 */
export const childrenOf = (drawn: Drawn): ReadonlyArray<Html> =>
  Array.from(drawn.childNodes, (node) => {
    if (node.nodeType === TEXT) return html`${node.textContent ?? ""}`
    const name = node.localName ?? ""
    if (node.nodeType !== ELEMENT || !ELEMENTS.has(name)) return nothing
    return html`<${name}${attributesOf(node)}>${childrenOf(node)}</${name}>`
  })
