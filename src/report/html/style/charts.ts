import { css } from "../Html.ts"

/** Charts, of which one of three sizes is shown, and their legends. */
export const CHARTS = css`
  svg {
    overflow: visible;
  }
  .patterns {
    position: absolute;
  }
  .chart {
    display: none;
    width: 100%;
    height: auto;
    margin-top: 0.75rem;
    font-family: inherit;
    font-size: 12px;
    text-anchor: middle;
  }
  .note.narrow,
  .note.medium,
  .note.wide {
    display: none;
  }
  .narrow.narrow {
    display: block;
    max-width: 28rem;
  }
  @media (min-width: 40rem) {
    .narrow.narrow {
      display: none;
    }
    .medium.medium {
      display: block;
      max-width: 48rem;
    }
  }
  @media (min-width: 68rem) {
    .medium.medium {
      display: none;
    }
    .wide.wide {
      display: block;
      max-width: none;
    }
  }
  .chart text {
    fill: var(--text);
    white-space: pre;
    font-variant-numeric: tabular-nums;
  }
  .chart .tick text {
    fill: var(--soft);
  }
  .chart .grid {
    stroke: var(--line);
  }
  .chart .base {
    stroke: var(--soft);
  }
  .chart .words text {
    paint-order: stroke;
    stroke: var(--ground);
    stroke-width: 3px;
    stroke-linejoin: round;
  }
  .legend {
    display: flex;
    flex-wrap: wrap;
    gap: 0.25rem 1rem;
    font-size: 0.875rem;
    margin-top: 0.5rem;
  }
  .swatch {
    width: 0.875rem;
    height: 0.875rem;
    vertical-align: -0.125rem;
  }
  .share {
    display: block;
    width: 100%;
    height: 0.5rem;
    border-radius: 0.25rem;
    overflow: hidden;
  }
  .share .whole {
    fill: var(--line);
  }
  .share .part {
    fill: var(--good-bar);
  }
  .share .goal {
    stroke: var(--text);
    stroke-width: 2px;
    vector-effect: non-scaling-stroke;
  }
  .gap {
    stroke: var(--ground);
    stroke-width: 2px;
  }
  .good-jobs {
    fill: var(--good-bar);
  }
  .failed-jobs {
    fill: url(#failed-fill);
  }
  .stalled-jobs {
    fill: url(#stalled-fill);
  }
  .failed-fill {
    fill: var(--failed-bar);
  }
  .stalled-fill {
    fill: var(--stalled-bar);
  }
  .missed {
    stroke: var(--bad);
    stroke-width: 2px;
    fill: none;
  }
  .bad-run {
    stroke: var(--bad);
    stroke-width: 1.5px;
    fill: none;
  }
  .no-run {
    fill: var(--soft);
    stroke: none;
  }
  .good-end {
    fill: none;
  }
  .not-good {
    fill: url(#hatched);
  }
  .running {
    fill: var(--ground);
    fill-opacity: 0.55;
    stroke: var(--text);
    stroke-dasharray: 3 2;
  }
`
