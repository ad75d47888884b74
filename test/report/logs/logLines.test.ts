import { assert, describe, it } from "@effect/vitest"
import { FastCheck as fc } from "effect"
import { redactor } from "../../../src/domain/Redaction.ts"
import { makeLogLines } from "../../../src/report/logs/logLines.ts"

const SECRET = "correct-horse-battery"
const redact = redactor([SECRET])
const bytes = (text: string) => new TextEncoder().encode(text)

const read = (chunks: ReadonlyArray<Uint8Array>) => {
  const reader = makeLogLines(redact)
  return [...chunks.flatMap((chunk) => reader.feed(chunk)), ...reader.end()]
}

describe("the lines of a log", () => {
  it("are the same for chunks of any size: no secret and no character is lost at a border", () => {
    const log = bytes(`a ${SECRET} é日本🐛\r\nb\rc\n\u001b[31mred\u001b[0m \u001b]0;t\u0007\n\nend`)
    const whole = ["a [redacted] é日本🐛", "b", "c", "red ^[]0;t^G", "", "end"]
    fc.assert(
      fc.property(fc.array(fc.nat(log.length), { maxLength: 12 }), (cuts) => {
        const borders = [0, ...cuts.toSorted((a, b) => a - b), log.length]
        const chunks = borders.slice(1).map((to, index) => log.subarray(borders[index], to))
        assert.deepStrictEqual(read(chunks), whole)
      })
    )
  })

  it("leave out a private key of many lines", () => {
    const key = ["-----BEGIN RSA PRIVATE KEY-----", "MIIEow", "AAAA", "-----END RSA PRIVATE KEY-----"]
    assert.deepStrictEqual(read([bytes(["before", ...key, "after"].join("\n"))]), ["before", "[redacted]", "after"])
  })

  it("end a key that never ends: the rest of the log is shown", () => {
    const log = `-----BEGIN PRIVATE KEY-----\n${"x\n".repeat(300)}last\n`
    assert.strictEqual(read([bytes(log)]).at(-1), "last")
  })

  it("are cut if they are too long, and then show no beginning of a secret", () => {
    const reader = makeLogLines(redact)
    const long = `${"x".repeat(64 * 1024 - 5)}${SECRET}`
    const [line = "", ...more] = [...reader.feed(bytes(long)), ...reader.feed(bytes(`${"y".repeat(100_000)}\nnext\n`))]
    assert.match(line, /^x+ … \(the rest of this line is not shown\)$/)
    assert.deepStrictEqual(more, ["next"])
  })

  it("hold a line of any length in bounded memory", () => {
    const reader = makeLogLines(redact)
    const chunk = new Uint8Array(1024 * 1024).fill(0x78)
    const lines = Array.from({ length: 64 }, () => reader.feed(chunk)).flat()
    assert.lengthOf(lines, 1)
  })
})
