import { css } from "../Html.ts"

/** Tables. On a narrow page each row is a block, and each cell has its head beside it. */
export const TABLES = css`
  table {
    width: 100%;
    border-collapse: collapse;
    font-size: 0.9375rem;
  }
  th,
  td {
    padding: 0.5rem 0.75rem 0.5rem 0;
    text-align: start;
    vertical-align: top;
    border-bottom: 1px solid var(--line);
    font-weight: 400;
  }
  th:last-child,
  td:last-child {
    padding-right: 0;
  }
  thead th {
    color: var(--soft);
    font-size: 0.875rem;
    vertical-align: bottom;
  }
  tbody th {
    min-width: 9rem;
    font-weight: 600;
  }
  .number {
    text-align: end;
    font-variant-numeric: tabular-nums;
    white-space: nowrap;
  }
  th.number {
    overflow-wrap: normal;
    white-space: normal;
  }
  .beside {
    display: inline-flex;
    gap: 0.5rem;
    align-items: center;
    justify-content: flex-end;
  }
  .percent {
    min-width: 3.75rem;
  }
  .beside .share {
    width: 4rem;
  }
  details {
    margin-top: 1rem;
  }
  details table {
    margin-top: 0.5rem;
  }
  summary {
    display: inline-block;
    padding: 0.25rem 0;
    color: var(--link);
    cursor: pointer;
  }
  summary::before {
    content: "+ ";
    font-family: ui-monospace, Menlo, Consolas, monospace;
  }
  details[open] > summary::before {
    content: "− ";
  }
  @media (min-width: 40rem) {
    .number + .words {
      padding-left: 0.75rem;
    }
  }
  @media (max-width: 39.99rem) {
    table,
    tbody,
    tr,
    th,
    td {
      display: block;
    }
    thead {
      position: absolute;
      width: 1px;
      height: 1px;
      overflow: hidden;
      clip-path: inset(50%);
      white-space: nowrap;
    }
    tr {
      padding: 0.625rem 0;
      border-bottom: 1px solid var(--line);
    }
    tbody:first-of-type tr:first-child {
      border-top: 1px solid var(--line);
    }
    th,
    td {
      padding: 0;
      border: 0;
    }
    tbody th {
      min-width: 0;
    }
    td.number,
    td.words {
      display: grid;
      grid-template-columns: 8rem 1fr;
      gap: 0.75rem;
      padding: 0;
      text-align: start;
    }
    td::before {
      content: attr(data-head);
      color: var(--soft);
    }
    /* Its head would say no more. */
    td:only-of-type {
      grid-template-columns: 1fr;
    }
    td:only-of-type::before {
      content: none;
    }
    .beside {
      justify-content: flex-start;
    }
  }
`
