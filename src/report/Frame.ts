import type { Zone } from "../domain/times.ts"

/** What a text is made for. The same view and the same frame give the same text. */
export interface Frame {
  /** Milliseconds since the epoch: what "8 h ago" is counted from. */
  readonly now: number
  readonly zone: Zone
  /** Columns of the terminal; `undefined` if the text is for a pipe, a file or a mail: then lines are wrapped at `PLAIN_WIDTH`. */
  readonly width: number | undefined
  readonly color: boolean
  /** What an operator types, up to the command's name: `nightly-dispatch --config /etc/nd.yaml`. */
  readonly program: string
}

/** Legible in a mail. */
export const PLAIN_WIDTH = 80

/** The columns that a text may use. Longer lines than 200 columns are hard to read. */
export const widthIn = ({ width = PLAIN_WIDTH }: Pick<Frame, "width">): number => Math.min(200, Math.max(40, width))
