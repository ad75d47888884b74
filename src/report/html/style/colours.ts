import { css } from "../Html.ts"

/** Colours, as variables, and those of providers. Text on its ground has a contrast of at least 4.5, a bar on its ground of 3. */
export const COLOURS = css`
  :root {
    color-scheme: light dark;
    --ground: #fff;
    --panel: #f5f7f9;
    --line: #d5dbe2;
    --text: #1a2330;
    --soft: #4f5d6d;
    --link: #0b57d0;
    --good: #0c6b4e;
    --good-ground: #dcf3ea;
    --bad: #a3211a;
    --bad-ground: #fde7e4;
    --warn: #7a4d00;
    --warn-ground: #fdf0d5;
    --unknown: #4f5d6d;
    --unknown-ground: #e8ecf0;
    --good-bar: #1d8a68;
    --failed-bar: #c6432c;
    --stalled-bar: #8250b4;
    --p1: #2968b0;
    --p2: #c05a21;
    --p3: #5c7d18;
    --p4: #9340a8;
    --p5: #007d7e;
    --p6: #b03670;
    --p7: #7a672c;
    --p8: #5f6b78;
  }
  @media screen and (prefers-color-scheme: dark) {
    :root {
      --ground: #11161d;
      --panel: #19202a;
      --line: #333d4a;
      --text: #e5eaf1;
      --soft: #a9b4c2;
      --link: #8ab8ff;
      --good: #6fd8b0;
      --good-ground: #123a2d;
      --bad: #ffa79e;
      --bad-ground: #4a1d1a;
      --warn: #f3c468;
      --warn-ground: #42310e;
      --unknown: #b7c1cd;
      --unknown-ground: #2a333f;
      --good-bar: #45b98e;
      --failed-bar: #f07a63;
      --stalled-bar: #b98ce6;
      --p1: #6aa8ee;
      --p2: #f0955f;
      --p3: #a6c95a;
      --p4: #d195e3;
      --p5: #4cc3c3;
      --p6: #f08cb6;
      --p7: #cdb876;
      --p8: #98a4b3;
    }
  }
  .provider-1 {
    fill: var(--p1);
  }
  .provider-2 {
    fill: var(--p2);
  }
  .provider-3 {
    fill: var(--p3);
  }
  .provider-4 {
    fill: var(--p4);
  }
  .provider-5 {
    fill: var(--p5);
  }
  .provider-6 {
    fill: var(--p6);
  }
  .provider-7 {
    fill: var(--p7);
  }
  .provider-8 {
    fill: var(--p8);
  }
`
