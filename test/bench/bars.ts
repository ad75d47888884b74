import type { Call } from "./timedTools.ts"

const WIDTH = 80
const NAME = 30

/** What a call does, without the options that each call of its tool has. */
const nameOf = ({ args, tool }: Call): string =>
  `${tool} ${args.replaceAll(/-[cC] \S+ /g, "").replace(/--(?:actor|json|beads) ?(?:\S*nightly-dispatch\S* )?/g, "")}`

/** A line for each call: when it began, how long it took, and a bar of both, over 80 columns. */
export const bars = (calls: ReadonlyArray<Call>): string => {
  const first = Math.min(...calls.map(({ begin }) => begin))
  const last = Math.max(...calls.map(({ end }) => end))
  const room = WIDTH - NAME - 14
  const column = (at: number) => Math.floor(((at - first) / (last - first)) * room)
  return calls
    .map((call) => {
      const [from, to] = [column(call.begin), column(call.end)]
      const numbers = `${(call.begin - first).toFixed(0).padStart(6)} ${(call.end - call.begin).toFixed(0).padStart(5)}`
      return `${nameOf(call).slice(0, NAME).padEnd(NAME)}${numbers} ${" ".repeat(from)}${"█".repeat(Math.max(1, to - from))}`
    })
    .join("\n")
}
