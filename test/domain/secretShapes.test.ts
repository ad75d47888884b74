import { assert, describe, it } from "@effect/vitest"
import { FastCheck as fc } from "effect"
import { REDACTED } from "../../src/domain/environmentSecrets.ts"
import { redactShapes } from "../../src/domain/Redaction.ts"
import { SHAPED } from "./secretSamples.ts"

/** Ordinary texts of a log. They must stay as they are. */
const ORDINARY = [
  "bd-a1b2.3",
  "agent-skills-9f8e7d",
  "nightly-dispatch/bd-1/20261122T060000Z-4f2a91",
  "agents/sk-12-fix-login-page-for-all-users",
  "task-1234567890-abcdefghijkl",
  "bc5850d3f1e2a4b5c6d7e8f90a1b2c3d4e5f6071",
  "d41d8cd98f00b204e9800998ecf8427e",
  "3f0c2b1a-8f7e-4c1d-9b2a-112233445566",
  "/tmp/agents/bd-1/prime-radiant-ai/src/auth/token.ts:12:5",
  "/home/someone/.ssh/id_ed25519",
  "ssh://git@github.com:22/stars-end/affordabot.git",
  "git@github.com:stars-end/affordabot.git",
  "https://github.com/steveyegge/beads/issues/42?q=a:b@c",
  "nightly@vm-1/20261122T060000Z-4f2a91#2",
  "zhipuai-coding-plan/glm-5.1",
  "auth resolution: OK (CC_GLM_AUTH_TOKEN)",
  "the bearer authentication failed, see the token documentation",
  "CC_GLM_TOKEN_FILE=/home/someone/.zai/token ZAI_API_KEY=op://dev/zai/token",
  '❌ DISPATCH_FAILURE beads=bd-2 provider=none code=claim_failed error="already claimed by Recovery Agent" duration_ms=310',
  "sha512-Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cQ==",
  "opencode 1.2.3 (linux-x64)",
  "payload eyJhbGciOiJIUzI1NiJ9 and eyJhIjoxfQeyJiIjoyfQ.json"
]

describe("a text with the form of a secret", () => {
  for (const [text, secret] of SHAPED) {
    it(`is redacted: ${text.slice(0, 24).replace(/\s/g, " ")}…`, () => {
      for (const around of [text, `before ${text} after`, `(${text})`, `"${text}"`, `x=${text}, y`]) {
        const redacted = redactShapes(around)
        assert.notInclude(redacted, secret, around)
        assert.include(redacted, REDACTED)
      }
      assert.match(redactShapes(`begin ${text} `), /^begin /)
    })
  }

  it("keeps the host of an address and the scheme of an authorization", () => {
    assert.strictEqual(
      redactShapes(`post to ${SHAPED[0]?.[0]}: 403`),
      `post to https://hooks.slack.com/${REDACTED}: 403`
    )
    assert.strictEqual(redactShapes("Bearer a1b2c3d4e5, no"), `Bearer ${REDACTED}, no`)
    assert.strictEqual(redactShapes("https://u:pw@h.test/x"), `https://${REDACTED}@h.test/x`)
  })

  it("leaves ids, branch names, paths, hashes and our own log lines as they are", () => {
    for (const text of ORDINARY) assert.strictEqual(redactShapes(text), text)
    assert.strictEqual(redactShapes(ORDINARY.join("\n")), ORDINARY.join("\n"))
  })

  it("leaves any id, hash, path and branch as it is", () => {
    const hex = (length: number) => fc.stringMatching(new RegExp(`^[0-9a-f]{${length}}$`))
    const word = fc.stringMatching(/^[a-z]{1,12}$/)
    const text = fc.oneof(
      hex(7),
      hex(40),
      hex(64),
      fc.uuid(),
      fc.stringMatching(/^[a-z]{1,8}-[a-z0-9]{1,8}(\.[0-9]{1,3}){0,2}$/),
      fc.array(word, { minLength: 1, maxLength: 8 }).map((words) => `/${words.join("/")}.ts:12`),
      fc.array(word, { minLength: 1, maxLength: 6 }).map((words) => `agents/${words.join("-")}`)
    )
    fc.assert(
      fc.property(text, (text) => {
        assert.strictEqual(redactShapes(`at ${text} now`), `at ${text} now`)
      }),
      { numRuns: 1000 }
    )
  })
})
