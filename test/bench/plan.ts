// Prints the CPU time and the largest memory of runs over large trackers, beside a bare `node -e 0`. Each measurement is a process
// of its own. `mixed`: issues of all states, types and priorities; `wanted`: each may be dispatched. The second run of a tracker
// finds the skipped bugs of the first in its journal.
//
//   npm run build:bin && npm run bench -- plan
//   npm run bench -- plan 100000 --times 5
//   npm run bench -- plan 100000 --keep /tmp/large      keeps the clones, the trackers and the settings there
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { parseArgs } from "node:util"
import { bareNode, makeHost, type Measured, type Tracker } from "./largeHost.ts"
import type { Kind } from "./makeTracker.ts"

const TRACKERS: ReadonlyArray<Tracker> = ["jsonl", "bd"]
const KINDS: ReadonlyArray<Kind> = ["mixed", "wanted"]

const say = (text: string) => process.stdout.write(`${text}\n`)
const median = (all: ReadonlyArray<number>) => all.toSorted((a, b) => a - b)[Math.floor(all.length / 2)] ?? 0
const medians = (all: ReadonlyArray<Measured>): Measured => ({
  cpu: median(all.map(({ cpu }) => cpu)),
  rss: median(all.map(({ rss }) => rss))
})

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { times: { type: "string", default: "3" }, keep: { type: "string" } }
})
const times = Number(values.times)
const sizes = positionals.length === 0 ? [1000, 10_000, 100_000] : positionals.map(Number)

const inDirectory = <A>(name: string, use: (root: string) => A): A => {
  const made = values.keep === undefined
  const root = made ? fs.mkdtempSync(path.join(os.tmpdir(), "nd-bench-")) : path.join(values.keep ?? "", name)
  try {
    fs.mkdirSync(root, { recursive: true })
    return use(root)
  } finally {
    if (made) fs.rmSync(root, { recursive: true, force: true })
  }
}

/** The runs of one tracker: dry ones, then two that dispatch two bugs each. The state directory is new each time. */
const measure = (tracker: Tracker, size: number, kind: Kind) =>
  inDirectory(`${tracker}-${kind}-${size}`, (root) => {
    const { run } = makeHost(root, tracker, size, kind)
    const dry = Array.from({ length: times }, () => run("run", "--dry-run"))
    const real = Array.from({ length: tracker === "jsonl" ? times : 0 }, () => {
      fs.rmSync(path.join(root, "state"), { recursive: true, force: true })
      return [run("run"), run("run")] as const
    })
    return { dry: medians(dry), first: medians(real.map(([one]) => one)), second: medians(real.map(([, two]) => two)) }
  })

const bare = medians(Array.from({ length: 5 }, bareNode))
const [processor] = os.cpus()
say(`${os.cpus().length} × ${processor?.model}, Node ${process.version}; medians of ${times}`)
say(`node -e 0: ${bare.cpu.toFixed(0)} ms CPU, ${bare.rss.toFixed(0)} MB`)
say("")
say("| tracker | kind   |  issues | run    | CPU, s | × node | × smallest | MB  |")
say("| ------- | ------ | ------- | ------ | ------ | ------ | ---------- | --- |")
for (const tracker of TRACKERS) {
  for (const kind of KINDS) {
    const smallest = new Map<string, Measured>()
    for (const size of sizes) {
      for (const [name, found] of Object.entries(measure(tracker, size, kind))) {
        if (found.cpu === 0) continue
        const first = smallest.get(name) ?? found
        smallest.set(name, first)
        const cells = [
          tracker.padEnd(7),
          kind.padEnd(6),
          String(size).padStart(7),
          name.padEnd(6),
          (found.cpu / 1000).toFixed(2).padStart(6),
          (found.cpu / bare.cpu).toFixed(1).padStart(6),
          (found.cpu / first.cpu).toFixed(1).padStart(10),
          found.rss.toFixed(0).padStart(3)
        ]
        say(`| ${cells.join(" | ")} |`)
      }
    }
  }
}
