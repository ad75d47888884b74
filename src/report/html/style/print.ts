import { css } from "../Html.ts"

/** On paper: in light colours, with all tables, and without what only a screen needs. */
export const PRINT = css`
  @media print {
    body {
      max-width: none;
      padding: 0;
    }
    nav,
    .skip,
    summary {
      display: none;
    }
    details::details-content {
      content-visibility: visible;
      display: block;
    }
    section,
    article,
    .cards li,
    tr {
      break-inside: avoid;
    }
  }
`
