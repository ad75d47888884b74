import { REVIEW_LABEL, type Skipped } from "../domain/Outcome.ts"
import { table } from "../cli/rendering/table.ts"
import type { Leftovers } from "./left.ts"
import type { Repair } from "./repairs.ts"
import type { Scratch } from "./scratch.ts"

/** Everything that the demo has found out. */
export interface Findings {
  readonly repairs: ReadonlyArray<Repair>
  readonly skipped: ReadonlyArray<Skipped>
  readonly left: Leftovers
  /** Milliseconds. */
  readonly took: number
}

/** What the demo says before anything else. */
export const OPENING = "The agent in this demo is scripted: no model is called. Everything else is real."

type Paint = (code: number, text: string) => string

const painter =
  (color: boolean): Paint =>
  (code, text) =>
    color ? `\u001b[${code}m${text}\u001b[0m` : text

const BOLD = 1
const DIM = 2
const RED = 31
const GREEN = 32

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`

/** A table with a quiet head. */
const section = (paint: Paint, head: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string>>): string => {
  const [first = "", ...rest] = table(head, rows).split("\n")
  return [paint(DIM, first), ...rest].join("\n")
}

const repairTable = (paint: Paint, repairs: ReadonlyArray<Repair>): string =>
  section(
    paint,
    ["repaired", "provider", "branch", "commit", "test", "time"],
    repairs.map((one) => [
      one.id,
      one.provider,
      one.branch,
      one.commit,
      `fail → ${one.passes ? "pass" : "fail"}`,
      seconds(one.took)
    ])
  ).replace(
    /\bfail → (fail|pass)\b/g,
    (_, after: string) => `${paint(RED, "fail")} → ${paint(after === "pass" ? GREEN : RED, after)}`
  )

const skipTable = (paint: Paint, skipped: ReadonlyArray<Skipped>): string =>
  section(
    paint,
    ["skipped", "reason", "because"],
    skipped.map(({ beads, reason, detail }) => [beads, reason, detail])
  )

const leftLine = ({ left: { claims, files }, repairs }: Findings): string => {
  const alive = repairs.filter(({ gone }) => !gone).length
  return `left behind: ${files.length} prompt files, ${claims} claims, ${alive} processes (${repairs.length} looked for)`
}

/** What is not as it must be. */
export const problemsOf = ({ repairs, left }: Findings): ReadonlyArray<string> => [
  ...repairs.flatMap(({ id, problems }) => problems.map((problem) => `${id}: ${problem}`)),
  ...(left.files.length === 0 ? [] : [`left in the directory of the prompt files: ${left.files.join(", ")}`]),
  ...(left.claims === 0 ? [] : [`${left.claims} claims are still held`]),
  ...(left.waiting === repairs.length ? [] : [`only ${left.waiting} bugs are marked for review`]),
  ...(left.jobs === 0 ? [] : [`${left.jobs} jobs still run`])
]

/** What the demo has found out, told to a person. */
export const renderFindings = (findings: Findings, color: boolean): string => {
  const paint = painter(color)
  const { left, repairs, skipped, took } = findings
  const repaired = repairs.filter(({ problems }) => problems.length === 0).length
  return [
    "",
    paint(
      BOLD,
      `${repaired} of ${repairs.length} bugs repaired (closing them is for a reviewer), ${skipped.length} left alone, in ${seconds(took)}`
    ),
    repairTable(paint, repairs),
    "",
    skipTable(paint, skipped),
    "",
    leftLine(findings),
    `tracker: ${left.waiting} bugs wait for review, label ${REVIEW_LABEL}`
  ].join("\n")
}

const word = (path: string): string => (/^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`)

/** Where to look around. */
export const lookAround = (scratch: Scratch, bug: Repair): string =>
  [
    `Look: git -C ${word(scratch.repo)} log --oneline --all`,
    `      git -C ${word(scratch.repo)} show ${bug.branch}`,
    `      cat ${word(scratch.state)}/jobs/${bug.id}/*/log`
  ].join("\n")
