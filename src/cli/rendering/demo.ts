import type { Findings } from "../../demo/findings.ts"
import type { Repair } from "../../demo/repairs.ts"
import type { Scratch } from "../../demo/scratch.ts"
import { REVIEW_LABEL, type Skipped } from "../../domain/Outcome.ts"
import { shellWord } from "../../domain/shellWord.ts"
import { DIM, paint } from "../../report/text/display.ts"
import { table } from "../../report/text/table.ts"

/** The demo's first line. */
export const OPENING = "The agent in this demo is scripted: no model is called. Everything else is real."

const BOLD = 1
const RED = 31
const GREEN = 32

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`

/** A table with a dim head. */
const section = (color: boolean, head: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string>>): string =>
  table(head, rows).replace(/^.*/, (line) => paint(color, DIM, line))

const repairTable = (color: boolean, repairs: ReadonlyArray<Repair>): string =>
  section(
    color,
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
    (_, after: string) => `${paint(color, RED, "fail")} → ${paint(color, after === "pass" ? GREEN : RED, after)}`
  )

const skipTable = (color: boolean, skipped: ReadonlyArray<Skipped>): string =>
  section(
    color,
    ["skipped", "reason", "because"],
    skipped.map(({ beads, reason, detail }) => [beads, reason, detail])
  )

const leftLine = ({ left: { claims, files }, repairs }: Findings): string => {
  const alive = repairs.filter(({ gone }) => !gone).length
  return `left behind: ${files.length} prompt files, ${claims} claims, ${alive} processes (${repairs.length} looked for)`
}

/** The findings of the demo, for a person. */
export const renderFindings = (findings: Findings, color: boolean): string => {
  const { left, repairs, skipped, took } = findings
  const repaired = repairs.filter(({ problems }) => problems.length === 0).length
  return [
    "",
    paint(
      color,
      BOLD,
      `${repaired} of ${repairs.length} bugs repaired (closing them is for a reviewer), ${skipped.length} left alone, in ${seconds(took)}`
    ),
    repairTable(color, repairs),
    "",
    skipTable(color, skipped),
    "",
    leftLine(findings),
    `checked by us, not by the agent's word: verified=yes for ${left.verified} of ${repairs.length} bugs`,
    `tracker: ${left.waiting} bugs wait for review, label ${REVIEW_LABEL}`
  ].join("\n")
}

/** Commands that show what the demo left. */
export const lookAround = (scratch: Scratch, bug: Repair): string =>
  [
    `Look: git -C ${shellWord(scratch.repo)} log --oneline --all`,
    `      git -C ${shellWord(scratch.repo)} show ${bug.branch}`,
    `      cat ${shellWord(scratch.state)}/jobs/${bug.id}/*/log`
  ].join("\n")
