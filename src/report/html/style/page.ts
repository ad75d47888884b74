import { css } from "../Html.ts"

/** Text, headings, links and commands. */
export const PAGE = css`
  * {
    box-sizing: border-box;
  }
  html {
    -webkit-text-size-adjust: 100%;
    text-size-adjust: 100%;
  }
  body {
    margin: 0 auto;
    max-width: 70rem;
    padding: 1.5rem 1rem;
    background: var(--ground);
    color: var(--text);
    font:
      1rem/1.5 system-ui,
      -apple-system,
      "Segoe UI",
      Roboto,
      "Helvetica Neue",
      Arial,
      sans-serif;
    overflow-wrap: anywhere;
  }
  h1,
  h2,
  h3,
  p,
  ul,
  figure,
  table {
    margin: 0;
  }
  h1 {
    font-size: 1.75rem;
    line-height: 1.2;
  }
  h2 {
    font-size: 1.25rem;
    line-height: 1.3;
    margin-bottom: 0.75rem;
  }
  h3 {
    font-size: 1rem;
    line-height: 1.3;
  }
  ul {
    padding: 0;
    list-style: none;
  }
  section {
    margin-top: 2.5rem;
  }
  .program,
  .soft,
  .note,
  footer {
    color: var(--soft);
  }
  .program,
  .note,
  footer {
    font-size: 0.875rem;
  }
  header > p:last-of-type {
    margin-top: 0.25rem;
  }
  footer {
    margin-top: 3rem;
    padding-top: 1rem;
    border-top: 1px solid var(--line);
  }
  a {
    color: var(--link);
  }
  nav ul {
    display: flex;
    flex-wrap: wrap;
    gap: 0.25rem 1rem;
    margin-top: 0.75rem;
  }
  nav a {
    display: inline-block;
    padding: 0.125rem 0;
  }
  .skip {
    position: absolute;
    left: 1rem;
    top: -5rem;
    padding: 0.5rem 0.75rem;
    background: var(--ground);
  }
  .skip:focus {
    top: 0.5rem;
  }
  :focus-visible {
    outline: 3px solid var(--link);
    outline-offset: 2px;
    border-radius: 2px;
  }
  main:focus,
  h2:focus {
    outline: none;
  }
  code {
    font:
      0.875em/1.5 ui-monospace,
      SFMono-Regular,
      Menlo,
      Consolas,
      monospace;
  }
  time,
  .phrase {
    white-space: nowrap;
  }
  .command {
    display: inline-block;
    max-width: 100%;
    padding: 0.125rem 0.5rem;
    background: var(--panel);
    border: 1px solid var(--line);
    border-radius: 0.25rem;
    user-select: all;
  }
`
