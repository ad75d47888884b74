import { html } from "../Html.ts"
import { CHARTS } from "./charts.ts"
import { COLOURS } from "./colours.ts"
import { FIGURES } from "./figures.ts"
import { PAGE } from "./page.ts"
import { PRINT } from "./print.ts"
import { TABLES } from "./tables.ts"

/** The page's style sheet. The page's policy names its digest, so a browser uses just this text. */
export const STYLE = html`${[COLOURS, PAGE, FIGURES, TABLES, CHARTS, PRINT]}`
