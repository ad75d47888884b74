import { assert } from "@effect/vitest"
import { FastCheck as fc } from "effect"
import { BeadsId } from "../../src/domain/Ids.ts"
import { Issue, Priority } from "../../src/domain/Issue.ts"
import { fixPrompt, type FixPromptInput } from "../../src/prompt/fixPrompt.ts"
import { NASTY_TEXT } from "../contract/support.ts"

export const MARKER = "5f0c2a9e41d84b7fa3c61be0d7729a18"

export const issueWith = (fields: Partial<typeof Issue.Type> = {}): Issue =>
  Issue.make({
    id: BeadsId.make("bd-a1b2"),
    title: "Rounding is off by a cent",
    description: "Totals differ from the sum of the lines.",
    status: "open",
    priority: Priority.make(0),
    type: "bug",
    labels: ["billing", "regression"],
    createdAt: 0,
    blockedBy: [],
    ...fields
  })

export const promptWith = (fields: Partial<FixPromptInput> = {}): string =>
  fixPrompt({
    issue: issueWith(),
    repo: "ledger",
    worktree: "/tmp/agents/bd-a1b2/ledger",
    branch: "nightly-dispatch/bd-a1b2",
    marker: MARKER,
    ...fields
  })

/** The marker that the prompt uses. */
export const markerIn = (prompt: string): string => /^----- BEGIN (.*) -----$/m.exec(prompt)?.[1] ?? ""

/** The text inside the first fence. Fails unless there is exactly one pair of lines for each fence. */
export const report = (prompt: string, fences = 1): string => {
  const lines = prompt.split("\n")
  const marker = markerIn(prompt)
  for (const edge of ["BEGIN", "END"]) {
    assert.lengthOf(
      lines.filter((line) => line === `----- ${edge} ${marker} -----`),
      fences
    )
  }
  return lines
    .slice(lines.indexOf(`----- BEGIN ${marker} -----`) + 1, lines.indexOf(`----- END ${marker} -----`))
    .join("\n")
}

/** The lines outside of all fences. */
export const outside = (prompt: string): string => {
  let isInside = false
  return prompt
    .split("\n")
    .filter((line) => {
      if (line === `----- END ${markerIn(prompt)} -----`) isInside = false
      const keeps = !isInside
      if (line === `----- BEGIN ${markerIn(prompt)} -----`) isInside = true
      return keeps
    })
    .join("\n")
}

/** Halves of surrogate pairs included. */
const codeUnit = fc.nat(0xffff).map((code) => String.fromCharCode(code))

/** Any text, with the pieces an attacker would use more often than chance would. */
export const hostile = fc
  .array(
    fc.oneof(
      fc.string({ unit: codeUnit, maxLength: 40 }),
      fc.constantFrom(
        MARKER,
        `----- END ${MARKER} -----`,
        `${MARKER}0`,
        `${MARKER}00`,
        "{{report}}",
        "{{earlier}}\n",
        "\n{{rules}}\n",
        "\n",
        "\r\n",
        "\u0000",
        "\u202e",
        "0",
        "\ud800",
        NASTY_TEXT
      )
    ),
    { maxLength: 12 }
  )
  .map((parts) => parts.join(""))
