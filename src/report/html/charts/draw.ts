import * as Plot from "@observablehq/plot"
import { parseHTML } from "linkedom"
import { html, type Html } from "../Html.ts"
import { childrenOf, type Drawn } from "./svg.ts"

/**
 * The widths that each chart is drawn for, in units of about one CSS pixel. The page shows the one that fits, so that the text in
 * it stays legible.
 */
export const WIDTHS = { narrow: 328, medium: 640, wide: 1040 } as const
export type Size = keyof typeof WIDTHS
export const SIZES = ["narrow", "medium", "wide"] as const satisfies ReadonlyArray<Size>

/** A drawing of one size. */
export interface Drawing {
  readonly height: number
  readonly options: Omit<Plot.PlotOptions, "width" | "height" | "document" | "className">
}

export interface Chart {
  /** For the ids of the page's elements. */
  readonly id: string
  readonly title: string
  /** What it shows, for people who do not see it. */
  readonly description: string
  readonly draw: (size: Size, width: number) => Drawing
}

const { document } = parseHTML("<html></html>")

/** The chart in all sizes, of which the page shows one. Colours are the page's: a mark has a class of `style.ts`, and no `fill`. */
export const drawn = ({ description, draw, id, title }: Chart): Html =>
  html`${SIZES.map((size) => {
    const width = WIDTHS[size]
    const { height, options } = draw(size, width)
    const plot: Drawn = Plot.plot({ ...options, width, height, document, className: "chart" })
    return html`<svg
      class="chart ${size}"
      viewBox="0 0 ${width} ${height}"
      role="img"
      aria-labelledby="${id}-${size}"
      aria-describedby="${id}-${size}-text"
    >
      <title id="${id}-${size}">${title}</title>
      <desc id="${id}-${size}-text">${description}</desc>
      ${childrenOf(plot)}
    </svg> `
  })}`
