import type { Findings } from "../../demo/findings.ts"
import type { Repair } from "../../demo/repairs.ts"
import type { Scratch } from "../../demo/scratch.ts"
import { REVIEW_LABEL, type Skipped } from "../../domain/Outcome.ts"
import { shellQuote } from "../cron/text.ts"
import { table } from "./table.ts"

/** The demo's first line. */
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

/** A table with a dim head. */
const section = (paint: Paint, head: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string>>): string => {
  const [first = "", ...rest] = table(head, rows).split("\n")
  return [paint(DIM, first), ...rest].join("\n")
}

const repairTable = (paint: Paint, repairs: ReadonlyArray<Repair>): string =>
  section(
    paint,
    ["repaired", "provider", "branch", "commit", "test", "time"],
    repairs.map(({ branch, commit, id, passes, provider, took }) => [
      id,
      provider,
      branch,
      commit,
      `fail → ${passes ? "pass" : "fail"}`,
      seconds(took)
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

/** The findings of the demo, for a person. */
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

/** Commands that show what the demo left. */
export const lookAround = (scratch: Scratch, bug: Repair): string =>
  [
    `Look: git -C ${shellQuote(scratch.repo)} log --oneline --all`,
    `      git -C ${shellQuote(scratch.repo)} show ${bug.branch}`,
    `      cat ${shellQuote(scratch.state)}/jobs/${bug.id}/*/log`
  ].join("\n")
