import { assert, describe, it } from "@effect/vitest"
import { lintSource } from "@secretlint/core"
import { creator } from "@secretlint/secretlint-rule-preset-recommend"
import { FastCheck as fc } from "effect"
import { redactOutput, redactShapes } from "../../src/domain/Redaction.ts"
import { SHAPED } from "./secretSamples.ts"

const PRESET = "@secretlint/secretlint-rule-preset-recommend"

/** What secretlint's recommended rules find in a text. */
const findings = (content: string): Promise<ReadonlyArray<string>> =>
  lintSource({
    source: { filePath: "/none/log.txt", content, contentType: "text", ext: ".txt" },
    options: { noPhysicFilePath: true, config: { rules: [{ id: PRESET, rule: creator, options: {} }] } }
  }).then(({ messages }) => messages.map(({ message, ruleId }) => `${ruleId}: ${message}`))

// The rules know words that stand around a secret, so they see each sample in several places.
const around = (text: string): ReadonlyArray<string> => [
  text,
  `the tool said ${text}, and ended\n`,
  `TOKEN="${text}"`,
  JSON.stringify({ error: text, more: ["x", text] })
]

describe("secretlint's recommended rules", () => {
  it("find some of our samples, so that they are a test", async () => {
    const found = await Promise.all(SHAPED.map(([text]) => findings(text)))
    const rules = new Set(found.flat().map((each) => each.split(" ")[0]))
    assert.isAtLeast(rules.size, 9, [...rules].join())
  })

  it("find nothing in a sample that was redacted", async () => {
    for (const [text] of SHAPED) {
      for (const whole of around(text)) {
        for (const redacted of [redactShapes(whole), redactOutput(redactShapes)(whole)]) {
          assert.isEmpty(await findings(redacted), redacted)
        }
      }
    }
  })

  it("find nothing in a redacted text, whatever stands around the sample", async () => {
    const text = fc.string({ unit: "grapheme", maxLength: 12 })
    const sample = fc.constantFrom(...SHAPED.map(([each]) => each))
    await fc.assert(
      fc.asyncProperty(text, sample, text, async (before, secret, after) => {
        assert.isEmpty(await findings(redactShapes(before + secret + after)))
      }),
      { numRuns: 300 }
    )
  })
})
