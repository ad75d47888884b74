import { css } from "../Html.ts"

/** Tags, the four figures, and the bugs that keep failing. */
export const FIGURES = css`
  .tag {
    display: inline-block;
    padding: 0 0.5rem;
    border-radius: 1rem;
    font-size: 0.8125rem;
    font-weight: 600;
    line-height: 1.5rem;
    white-space: nowrap;
  }
  .tag.good {
    color: var(--good);
    background: var(--good-ground);
  }
  .tag.bad {
    color: var(--bad);
    background: var(--bad-ground);
  }
  .tag.warn {
    color: var(--warn);
    background: var(--warn-ground);
  }
  .tag.unknown {
    color: var(--unknown);
    background: var(--unknown-ground);
  }
  .figures {
    display: grid;
    gap: 1rem;
  }
  @media (min-width: 40rem) {
    .figures {
      grid-template-columns: repeat(2, 1fr);
    }
  }
  @media (min-width: 68rem) {
    .figures {
      grid-template-columns: repeat(4, 1fr);
    }
  }
  .figures article,
  .cards li {
    padding: 1rem;
    background: var(--panel);
    border: 1px solid var(--line);
    border-radius: 0.5rem;
  }
  .figures h3 {
    display: flex;
    flex-wrap: wrap;
    justify-content: space-between;
    gap: 0.5rem;
  }
  .figures p + p {
    margin-top: 0.125rem;
  }
  .figures p:not(.figure) {
    font-size: 0.9375rem;
  }
  .figure {
    margin: 0.5rem 0;
  }
  .figure strong {
    font-size: 1.75rem;
    line-height: 1.2;
    font-variant-numeric: tabular-nums;
  }
  .figures .share {
    margin: 0.25rem 0 0.5rem;
  }
  .cards {
    display: grid;
    grid-template-columns: repeat(auto-fit, minmax(min(100%, 26rem), 1fr));
    gap: 1rem;
  }
  .cards p + p {
    margin-top: 0.25rem;
  }
  .cards .command {
    background: var(--ground);
    margin-top: 0.25rem;
  }
`
